import { ReplicationController } from '../../../src/kinds/core/replication-controller.ts';
import { Service } from '../../../src/kinds/core/service.ts';
import { check } from '../framework/assert.ts';
import type { Context } from '../framework/context.ts';
import { kubectl, tryKubectl } from '../framework/kubectl.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const CLI = '[sig-cli] Kubectl client';
const yaml = (object: object): string => JSON.stringify(object);

function rc(t: Context, name: string, replicas: number) {
  const labels = { app: name };
  const container = t.pods.container('main', 'mkdir -p /tmp/www && echo hello > /tmp/www/index.html && httpd -f -p 6379 -h /tmp/www', { ports: [{ name: 'main-server', containerPort: 6379 }] });
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } };
  return { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name, labels }, spec: { replicas, selector: labels, template } };
}

const running = (t: Context, app: string, count: number): Promise<boolean> =>
  t.eventually(`${count} pods of ${app} run`, async () => {
    const text = await kubectl(t, ['get', 'pods', '-l', `app=${app}`, '-o', 'jsonpath={.items[?(@.status.phase=="Running")].metadata.name}']);
    return text.split(' ').filter(Boolean).length === count && (await t.pods.list(`app=${app}`)).length === count;
  }, { seconds: 120 });

async function startRc(t: Context, name: string, replicas = 1): Promise<void> {
  await kubectl(t, ['create', '-f', '-'], yaml(rc(t, name, replicas)));
  await running(t, name, replicas);
}

const apiVersions = test(`${CLI} Kubectl api-versions should check if v1 is in available api versions  [Conformance]`, { musts: ['v1 is listed'] }, async (t) => {
  t.must('v1 is listed', (await kubectl(t, ['api-versions'])).split('\n').includes('v1'));
});

const clusterInfo = test(`${CLI} Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info  [Conformance]`, { musts: ['the control plane is named'] }, async (t) => {
  const text = await kubectl(t, ['cluster-info']);
  t.must('the control plane is named', /Kubernetes (master|control plane)/.test(text) && text.includes('is running at'), text);
});

const version = test(`${CLI} Kubectl version should check is all data is printed  [Conformance]`, { musts: ['client and server say their versions'] }, async (t) => {
  const { clientVersion, serverVersion } = JSON.parse(await kubectl(t, ['version', '-o', 'json'])) as Record<string, Record<string, string> | undefined>;
  const fields = ['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform'];
  const complete = [clientVersion, serverVersion].every((one) => fields.every((field) => one?.[field] !== undefined));
  t.must('client and server say their versions', complete, JSON.stringify(serverVersion));
});

const describe = test(`${CLI} Kubectl describe should check if kubectl describe prints relevant information for rc and pods  [Conformance]`, {}, async (t) => {
  await startRc(t, 'agnhost-primary');
  await kubectl(t, ['expose', 'rc', 'agnhost-primary', '--port=6379']);
  const [pod] = await t.pods.list('app=agnhost-primary');
  const says = async (args: readonly string[], ...wanted: readonly string[]) => {
    const text = await kubectl(t, ['describe', ...args]);
    const missing = wanted.filter((one) => !text.includes(one));
    check(missing.length === 0, `describe ${args.join(' ')} lacks ${missing.join(', ')}:\n${text}`);
  };
  await says(['pod', pod!.metadata.name], 'Name:', 'Namespace:', 'app=agnhost-primary', 'Controlled By:', 'State:', 'Running');
  await says(['rc', 'agnhost-primary'], 'Name:', 'Selector:', 'Replicas:', '1 current / 1 desired', 'Pods Status:', 'Pod Template:', 'Image:');
  await says(['service', 'agnhost-primary'], 'Name:', 'Selector:', 'Type:', 'ClusterIP', 'Port:', '6379/TCP', 'Endpoints:');
  await says(['node', pod!.spec.nodeName!], 'Name:', 'Labels:', 'Conditions:', 'Capacity:', 'Non-terminated Pods', 'Version');
  await says(['namespace', t.namespace], 'Name:', 'Status:', 'Active');
});

const deployment = (image: string) => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'httpd-deployment' },
  spec: { replicas: 1, selector: { matchLabels: { app: 'httpd' } }, template: { metadata: { labels: { app: 'httpd' } }, spec: { containers: [{ name: 'httpd', image }] } } },
});
const diff = test(`${CLI} Kubectl diff should check if kubectl diff finds a difference for Deployments [Conformance]`, { musts: ['the images differ'] }, async (t) => {
  await kubectl(t, ['create', '-f', '-'], yaml(deployment('knarr.local/httpd:1')));
  const { stdout, code } = await tryKubectl(t, ['diff', '-f', '-'], yaml(deployment(t.shared.image)));
  t.must('the images differ', code === 1 && /-\s+- image: knarr.local\/httpd:1/.test(stdout) && new RegExp(`\\+\\s+- image: ${t.shared.image}`).test(stdout), stdout);
});

const expose = test(`${CLI} Kubectl expose should create services for rc  [Conformance]`, { musts: ['each service has its port and reaches the pod\'s'] }, async (t) => {
  await startRc(t, 'agnhost-primary');
  const checkPort = async (name: string, port: number) => {
    const { spec } = await t.client.get(Service, name, { namespace: t.namespace });
    t.must("each service has its port and reaches the pod's", spec.ports?.[0]?.port === port && spec.ports[0].targetPort === 6379, JSON.stringify(spec.ports));
  };
  await kubectl(t, ['expose', 'rc', 'agnhost-primary', '--name=rm2', '--port=1234', '--target-port=6379']);
  await checkPort('rm2', 1234);
  await kubectl(t, ['expose', 'service', 'rm2', '--name=rm3', '--port=2345', '--target-port=6379']);
  await checkPort('rm3', 2345);
});

const LABEL = ['the label is set', 'and removed'];
const labels = test(`${CLI} Kubectl label should update the label on a resource  [Conformance]`, { musts: LABEL }, async (t) => {
  const { metadata: { name } } = await t.pods.running({});
  await kubectl(t, ['label', 'pods', name, 'testing-label=testing-label-value']);
  t.must(LABEL[0]!, (await kubectl(t, ['get', 'pod', name, '-L', 'testing-label'])).includes('testing-label-value'));
  await kubectl(t, ['label', 'pods', name, 'testing-label-']);
  t.must(LABEL[1]!, !(await kubectl(t, ['get', 'pod', name, '-L', 'testing-label'])).includes('testing-label-value'));
});

const LOGS = ['a pod has its log', 'each option gives what it should'];
const logs = test(`${CLI} Kubectl logs should be able to retrieve and filter logs  [Conformance]`, { musts: LOGS }, async (t) => {
  const { metadata: { name } } = await t.pods.running({ sh: 'for i in $(seq 100); do echo "line $i of the log"; done; sleep 600' });
  await t.eventually('the log is whole', async () => (await kubectl(t, ['logs', name])).includes('line 100 of'));
  t.must(LOGS[0]!, (await kubectl(t, ['logs', name, 'main'])).startsWith('line 1 of the log\n'));
  const tail = await kubectl(t, ['logs', name, '--tail=1']);
  const bytes = await kubectl(t, ['logs', name, '--limit-bytes=1']);
  const stamped = await kubectl(t, ['logs', name, '--tail=1', '--timestamps']);
  await t.sleep(3);
  const recent = await kubectl(t, ['logs', name, '--since=1s']);
  const day = await kubectl(t, ['logs', name, '--since=24h']);
  const right = tail === 'line 100 of the log\n' && bytes === 'l' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) line 100/.test(stamped) && recent === '' && day.split('\n').length === 101;
  t.must(LOGS[1]!, right, JSON.stringify([tail, bytes, stamped, recent, day.length]));
});

const patch = test(`${CLI} Kubectl patch should add annotations for pods in rc  [Conformance]`, { musts: ['each pod has the annotation'] }, async (t) => {
  await startRc(t, 'agnhost-primary');
  const pods = await t.pods.list('app=agnhost-primary');
  for (const { metadata } of pods) await kubectl(t, ['patch', 'pod', metadata.name, '-p', '{"metadata":{"annotations":{"x":"y"}}}']);
  t.must('each pod has the annotation', (await t.pods.list('app=agnhost-primary')).every(({ metadata }) => metadata.annotations?.x === 'y'));
});

const replace = test(`${CLI} Kubectl replace should update a single-container pod's image  [Conformance]`, { musts: ['the pod has the new image'] }, async (t) => {
  const name = 'e2e-test-httpd-pod';
  await kubectl(t, ['run', name, `--image=${t.shared.image}`, '--restart=Always', '--labels=run=httpd', '--', 'sleep', '3600']);
  await t.pods.untilRunning(name);
  const text = await kubectl(t, ['get', 'pod', name, '-o', 'json']);
  const other = 'knarr.local/busybox:latest';
  await kubectl(t, ['replace', '-f', '-'], text.replaceAll(`"image": "${t.shared.image}"`, `"image": "${other}"`));
  const pod = await t.pods.get(name);
  t.must('the pod has the new image', pod.spec.containers[0]!.image === other, pod.spec.containers[0]!.image);
});

const run = test(`${CLI} Kubectl run pod should create a pod from an image when restart is Never  [Conformance]`, { musts: ['the pod is there'] }, async (t) => {
  const name = 'e2e-test-httpd-pod';
  await kubectl(t, ['run', name, '--restart=Never', `--image=${t.shared.image}`]);
  const { spec } = await t.pods.get(name);
  t.must('the pod is there', spec.containers.length === 1 && spec.containers[0]!.image === t.shared.image && spec.restartPolicy === 'Never');
});

const dryRun = test(`${CLI} Kubectl server-side dry-run should check if kubectl can dry-run update Pods [Conformance]`, { musts: ['the image has not changed'] }, async (t) => {
  const name = 'e2e-test-httpd-pod';
  await kubectl(t, ['run', name, `--image=${t.shared.image}`, '--labels=run=httpd', '--', 'sleep', '3600']);
  const body = { spec: { containers: [{ name, image: 'knarr.local/other:1' }] } };
  await kubectl(t, ['patch', 'pod', name, '-p', JSON.stringify(body), '--dry-run=server']);
  t.must('the image has not changed', (await t.pods.get(name)).spec.containers[0]!.image === t.shared.image);
});

const demo = test(`${CLI} Update Demo should create and stop a replication controller  [Conformance]`, { musts: ['as many pods run as replicas are asked for'] }, async (t) => {
  await kubectl(t, ['create', '-f', '-'], yaml(rc(t, 'update-demo', 2)));
  t.must('as many pods run as replicas are asked for', await running(t, 'update-demo', 2));
  await kubectl(t, ['delete', '--grace-period=0', '--force', '-f', '-'], yaml(rc(t, 'update-demo', 2)));
  await t.gone('the controller', () => t.client.get(ReplicationController, 'update-demo', { namespace: t.namespace }));
});

const SCALE = ['two pods run', 'then one', 'then two again'];
const scale = test(`${CLI} Update Demo should scale a replication controller  [Conformance]`, { musts: SCALE }, async (t) => {
  await kubectl(t, ['create', '-f', '-'], yaml(rc(t, 'update-demo', 2)));
  t.must(SCALE[0]!, await running(t, 'update-demo', 2));
  await kubectl(t, ['scale', 'rc', 'update-demo', '--replicas=1', '--timeout=5m']);
  t.must(SCALE[1]!, await running(t, 'update-demo', 1));
  await kubectl(t, ['scale', 'rc', 'update-demo', '--replicas=2', '--timeout=5m']);
  t.must(SCALE[2]!, await running(t, 'update-demo', 2));
});

export const kubectlTests: readonly TestCase[] = [
  apiVersions, clusterInfo, version, describe, diff, expose, labels, logs, patch, replace, run, dryRun, demo, scale,
];
