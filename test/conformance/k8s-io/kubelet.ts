import { test, type TestCase } from '../framework/test-case.ts';

const NODE = '[NodeConformance] [Conformance]';
const KUBELET = '[k8s.io] Kubelet when scheduling a';
/** The first line of a hosts file that a kubelet wrote. */
const MANAGED = '# Kubernetes-managed hosts file';

const output = test(`${KUBELET} busybox command in a pod should print the output to logs ${NODE}`, { musts: ['stdout and stderr are in the log'] }, async (t) => {
  const log = await t.pods.output({ sh: 'echo Hello World; echo to stderr >&2' });
  t.must('stdout and stderr are in the log', log.includes('Hello World\n') && log.includes('to stderr\n'), log);
});

const REASON = ['the pod has one container', 'it is terminated', 'and says why'];
const terminatedReason = test(`${KUBELET} busybox command that always fails in a pod should have an terminated reason ${NODE}`, { musts: REASON.slice(0, 3) }, async (t) => {
  const { metadata } = await t.pods.create({ sh: 'exit 1' });
  const { status } = await t.pods.untilEnded(metadata.name);
  const terminated = status.containerStatuses?.[0]?.state?.terminated;
  t.must(REASON[0]!, status.containerStatuses?.length === 1);
  t.must(REASON[1]!, terminated !== undefined && terminated.exitCode === 1, JSON.stringify(terminated));
  t.must(REASON[2]!, Boolean(terminated?.reason), JSON.stringify(terminated));
});

const deletable = test(`${KUBELET} busybox command that always fails in a pod should be possible to delete ${NODE}`, { musts: ['a pod that has ended can be deleted'] }, async (t) => {
  const { metadata } = await t.pods.create({ sh: 'exit 1' });
  await t.pods.untilEnded(metadata.name);
  await t.pods.delete(metadata.name);
  await t.pods.untilGone(metadata.name);
  t.must('a pod that has ended can be deleted', true);
});

const hostAliases = test(`${KUBELET} busybox Pod with hostAliases should write entries to /etc/hosts [LinuxOnly] ${NODE}`, { musts: ['/etc/hosts has the aliases'] }, async (t) => {
  const aliases = [{ ip: '123.45.67.89', hostnames: ['foo', 'bar'] }];
  const log = await t.pods.output({ sh: 'cat /etc/hosts', spec: { hostAliases: aliases } });
  t.must('/etc/hosts has the aliases', log.includes('123.45.67.89\tfoo\tbar'), log);
});

const readOnly = test(`${KUBELET} read only busybox container should not write to root filesystem [LinuxOnly] ${NODE}`, { musts: ['a write to the root file system fails'] }, async (t) => {
  const log = await t.pods.output({ sh: 'echo test > /file && echo written; true', container: { securityContext: { readOnlyRootFilesystem: true } } });
  t.must('a write to the root file system fails', !log.includes('written') && log.toLowerCase().includes('read-only'), log);
});

const HOSTS = ['a pod of its own network has a managed file', 'a container that mounts its own has that', 'a pod on the host network has an unmanaged one'];
const etcHosts = test(`[k8s.io] KubeletManagedEtcHosts should test kubelet managed /etc/hosts file [LinuxOnly] ${NODE}`, { musts: HOSTS }, async (t) => {
  const own = await t.pods.running({
    spec: {
      volumes: [{ name: 'host', hostPath: { path: '/etc/hosts', type: 'File' } }],
      containers: [
        t.pods.container('managed', 'sleep 3600'), t.pods.container('too', 'sleep 3600'),
        t.pods.container('mounts', 'sleep 3600', { volumeMounts: [{ name: 'host', mountPath: '/etc/hosts' }] }),
      ],
    },
  });
  const hosts = (container: string) => t.pods.sh(own.metadata.name, 'cat /etc/hosts', container);
  t.must(HOSTS[0]!, (await hosts('managed')).startsWith(MANAGED) && (await hosts('too')).startsWith(MANAGED));
  t.must(HOSTS[1]!, !(await hosts('mounts')).startsWith(MANAGED));

  const onHost = await t.pods.running({ spec: { hostNetwork: true } });
  // Since v1.22 a kubelet copies the host's file under a header of its own: what must not be there are a pod's own entries.
  const file = await t.pods.sh(onHost.metadata.name, 'cat /etc/hosts');
  t.must(HOSTS[2]!, !file.startsWith(`${MANAGED}.`) || file.includes('host network'), file);
});

export const kubelet: readonly TestCase[] = [output, terminatedReason, deletable, hostAliases, readOnly, etcHosts];
