/** What a container sees and is limited to, on a real containerd. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigMap } from '../../src/kinds/core/config-map.ts';
import { Secret } from '../../src/kinds/core/secret.ts';
import { Service } from '../../src/kinds/core/service.ts';
import { eventually } from './testing/cluster.ts';
import { IMAGE, shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

let node: KubeletNode;
beforeAll(async () => {
  node = await startKubeletNode();
});
afterAll(() => node?.[Symbol.asyncDispose]());

const inDefault = { namespace: 'default' };
const running = (pod: { status: { phase?: string } }) => pod.status.phase === 'Running';
const done = (pod: { status: { phase?: string } }) => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';

test('environment: values, references, other objects, Services, expansion', async () => {
  await node.client.create(ConfigMap, { metadata: { name: 'env', ...inDefault }, data: { COLOR: 'red' } });
  await node.client.create(Secret, { metadata: { name: 'env', ...inDefault }, data: { WORD: Buffer.from('s3cret').toString('base64') } });
  await node.client.create(Service, { metadata: { name: 'front-end', ...inDefault }, spec: { ports: [{ port: 80, name: 'web' }], selector: { app: 'x' } } });
  await node.run('env', {
    restartPolicy: 'Never',
    containers: [{
      name: 'a', image: IMAGE, command: ['sh', '-c', 'env; echo args $0 $1', '$(COLOR)', '$$(COLOR)$(NOBODY)'],
      envFrom: [{ configMapRef: { name: 'env' } }, { prefix: 'P_', secretRef: { name: 'env' } }, { configMapRef: { name: 'absent', optional: true } }],
      env: [
        { name: 'GREETING', value: 'hello $(COLOR) $(FRONT_END_SERVICE_PORT)' }, { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
        { name: 'WORD', valueFrom: { secretKeyRef: { name: 'env', key: 'WORD' } } },
        { name: 'NONE', valueFrom: { configMapKeyRef: { name: 'env', key: 'absent', optional: true } } },
      ],
      resources: { limits: { cpu: '250m', memory: '64Mi' } },
    }],
  });
  const pod = await node.until('env', done);
  expect(pod.status.phase).toBe('Succeeded');
  const lines = (await node.logs('env')).split('\n');
  expect(lines).toEqual(expect.arrayContaining([
    'COLOR=red', 'P_WORD=s3cret', 'GREETING=hello red 80', `POD_IP=${pod.status.podIP}`, 'CPU=250', 'WORD=s3cret',
    'FRONT_END_SERVICE_PORT_WEB=80', 'args red $(COLOR)$(NOBODY)',
  ]));
  expect(lines.some((line) => line.startsWith('NONE='))).toBe(false);
});

test('limits become cgroups of the container and of the pod', async () => {
  await node.run('limits', { containers: [shell('a', 'sleep 600', { resources: { requests: { cpu: '100m', memory: '32Mi' }, limits: { cpu: '500m', memory: '64Mi' } } })] });
  const pod = await node.until('limits', running);
  const dir = `${node.cgroupRoot}/kubepods/burstable/pod${pod.metadata.uid}`;
  const id = pod.status.containerStatuses![0]!.containerID!.replace('containerd://', '');
  const read = (controller: string, v1: string, v2: string, path = dir) =>
    readFile(join('/sys/fs/cgroup', controller, path, v1), 'utf8').catch(() => readFile(join('/sys/fs/cgroup', path, v2), 'utf8')).then((text) => text.trim());
  expect(await read('memory', 'memory.limit_in_bytes', 'memory.max')).toBe(String(64 * 1024 * 1024));
  expect(await read('memory', 'memory.limit_in_bytes', 'memory.max', `${dir}/${id}`)).toBe(String(64 * 1024 * 1024));
  expect(['50000', '50000 100000']).toContain(await read('cpu', 'cpu.cfs_quota_us', 'cpu.max', `${dir}/${id}`));
  await node.remove('limits');
  await eventually('the pod\'s cgroups are gone', async () => execFileSync('find', ['/sys/fs/cgroup', '-path', `*${node.cgroupRoot}*`, '-name', `pod${pod.metadata.uid}`]).toString() === '');
});

test('a container over its memory limit is killed and says so', async () => {
  await node.run('oom', { restartPolicy: 'Never', containers: [shell('a', 'tail /dev/zero', { resources: { limits: { memory: '16Mi' } } })] });
  const pod = await node.until('oom', done);
  expect(pod.status.containerStatuses![0]!.state.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
});

test('users, groups, capabilities, a read-only root', async () => {
  await node.run('user', {
    restartPolicy: 'Never', securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000, supplementalGroups: [4000] },
    containers: [shell('a', 'id; grep CapEff /proc/self/status; touch /x || echo read-only; ls -ldn /data; touch /data/y && ls -ln /data/y | cut -c1-10', {
      securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }, volumeMounts: [{ name: 'data', mountPath: '/data' }],
    })],
    volumes: [{ name: 'data', emptyDir: { medium: 'Memory' } }],
  });
  await node.until('user', done);
  const text = await node.logs('user');
  expect(text).toMatch(/uid=1000 gid=3000 groups=(?=.*2000)(?=.*4000)/);
  expect(text).toContain('CapEff:\t0000000000000000');
  expect(text).toContain('read-only');
  expect(text).toMatch(/drwxrwsrwt .* 0 +2000 .*\/data/);
});

test('a container that must not run as root is refused where its image would', async () => {
  await node.run('root', { securityContext: { runAsNonRoot: true }, containers: [shell('a', 'id')] });
  const pod = await node.until('root', ({ status }) => status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError');
  expect(pod.status.containerStatuses![0]!.state.waiting!.message).toBe(`container has runAsNonRoot and image will run as root (pod: "root_default(${pod.metadata.uid})", container: a)`);
  await node.remove('root');
});

test('host name, hosts file and resolver', async () => {
  await node.run('names', {
    restartPolicy: 'Never', hostname: 'web', subdomain: 'sub', hostAliases: [{ ip: '10.1.2.3', hostnames: ['foo', 'bar'] }],
    containers: [shell('a', 'hostname; cat /etc/hosts /etc/resolv.conf')],
  });
  const pod = await node.until('names', done);
  const text = await node.logs('names');
  expect(text).toContain('web\n# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n');
  expect(text).toContain(`\n${pod.status.podIP}\tweb.sub.default.svc.cluster.local\tweb\n`);
  expect(text).toContain('# Entries added by HostAliases.\n10.1.2.3\tfoo\tbar\n');
  expect(text).toMatch(/search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local.*\nnameserver 10\.96\.0\.10\noptions ndots:5\n/);
});

test('volumes: projected content, modes, sub paths, host paths', async () => {
  await node.client.create(ConfigMap, { metadata: { name: 'files', ...inDefault }, data: { one: '1', two: '2' }, binaryData: { raw: Buffer.from([0, 255]).toString('base64') } });
  const shared = join(node.dir, 'shared');
  await mkdir(shared);
  await writeFile(join(shared, 'here'), 'host\n');
  await node.run('volumes', {
    restartPolicy: 'Never',
    containers: [shell('a', 'ls -l /p/; cat /p/sub/one /p/labels; wc -c < /p/token; cat /one /host/here; stat -c %a /p/..data/two; touch /e/in-e; ls /sub', {
      volumeMounts: [
        { name: 'p', mountPath: '/p' }, { name: 'c', mountPath: '/one', subPath: 'one' }, { name: 'h', mountPath: '/host' }, { name: 'e', mountPath: '/e' },
        { name: 'e', mountPath: '/sub', subPathExpr: '$(DIR)' },
      ], env: [{ name: 'DIR', value: 'made' }],
    })],
    volumes: [
      {
        name: 'p', projected: {
          defaultMode: 0o640, sources: [
            { configMap: { name: 'files', items: [{ key: 'one', path: 'sub/one' }, { key: 'two', path: 'two', mode: 0o400 }] } },
            { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
            { serviceAccountToken: { path: 'token', expirationSeconds: 600, audience: 'vault' } },
          ],
        },
      },
      { name: 'c', configMap: { name: 'files' } }, { name: 'h', hostPath: { path: shared, type: 'Directory' } }, { name: 'e', emptyDir: {} },
    ],
  }, { labels: { app: 'volumes' } });
  const pod = await node.until('volumes', done);
  const text = await node.logs('volumes');
  expect(pod.status.phase).toBe('Succeeded');
  expect(text).toContain('1app="volumes"');
  expect(text).toContain('1host\n400\n');
});

test('a changed ConfigMap reaches a running container', async () => {
  await node.client.create(ConfigMap, { metadata: { name: 'live', ...inDefault }, data: { word: 'first' } });
  await node.run('live', { containers: [shell('a', 'while true; do cat /c/word; echo; sleep 0.1; done', { volumeMounts: [{ name: 'c', mountPath: '/c' }] })], volumes: [{ name: 'c', configMap: { name: 'live' } }] });
  await node.until('live', running);
  await eventually('the first word', async () => (await node.logs('live')).includes('first'));
  await node.client.patch(ConfigMap, 'live', { type: 'merge', body: { data: { word: 'second' } } }, inDefault);
  await eventually('the second word', async () => (await node.logs('live', '?tailLines=1')).includes('second'));
  await node.remove('live');
});

test('a pod waits for a ConfigMap that is not there yet, and says so', async () => {
  await node.run('late', { restartPolicy: 'Never', containers: [shell('a', 'cat /c/word', { volumeMounts: [{ name: 'c', mountPath: '/c' }] })], volumes: [{ name: 'c', configMap: { name: 'late' } }] });
  await eventually('the event', async () => (await node.events('late')).includes('FailedMount: MountVolume.SetUp failed for volume "c" : configmap "late" not found'));
  await node.client.create(ConfigMap, { metadata: { name: 'late', ...inDefault }, data: { word: 'there' } });
  await node.until('late', done);
  expect(await node.logs('late')).toBe('there');
});

test('on the host\'s network a pod has the node\'s address and name', async () => {
  await node.run('host', { restartPolicy: 'Never', hostNetwork: true, hostPID: true, containers: [shell('a', 'head -1 /etc/hosts; ip link show | grep -c eth0; ps | wc -l')] });
  const pod = await node.until('host', done);
  expect(pod.status.podIP).toBe('127.0.0.1');
  expect(await node.logs('host')).toContain('# Kubernetes-managed hosts file (host network).\n');
});

test('containers of a pod share processes when asked to', async () => {
  await node.run('share', { shareProcessNamespace: true, containers: [shell('a', 'sleep 1; ps'), shell('b', 'sleep 612')] });
  await eventually('the other container\'s process', async () => (await node.logs('share')).includes('sleep 612'));
  await node.remove('share');
});
