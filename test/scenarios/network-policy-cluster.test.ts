/** Network policies in a cluster of two nodes: who reaches whom, by which way, and how soon a change holds. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually, startCluster, type Cluster } from './testing/cluster.ts';

const server = (name: string, node: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  nodeName: ${node}
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: knarr.local/busybox:1
      command: [sh, -c, 'mkdir /w; echo ${name} > /w/index.html; exec httpd -f -p 8080 -h /w']
      ports: [{ name: http, containerPort: 8080 }]
      readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }`;
const service = (name: string): string => `
apiVersion: v1
kind: Service
metadata: { name: to-${name} }
spec: { selector: { app: ${name} }, ports: [{ port: 80, targetPort: http }] }`;
const policy = (name: string, spec: string): string => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name} }
spec: ${spec}`;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(['--nodes', '2']);
  const pods = [server('web', 'node-1'), server('near', 'node-1'), server('far', 'node-2'), service('web'), service('far')];
  await cluster.kubectlWith(pods.join('\n---'), 'apply', '-f', '-');
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=120s');
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const apply = (...policies: readonly string[]) => cluster.kubectlWith(policies.join('\n---'), 'apply', '-f', '-');
const clear = () => cluster.kubectl('delete', 'networkpolicies', '--all');
beforeEach(async () => {
  await clear();
});

const fetches = async (from: string, host: string): Promise<boolean> =>
  (await cluster.tryKubectl('exec', from, '--', 'timeout', '3', 'wget', '-q', '-O', '-', `http://${host}/`)).code === 0;
const addressOf = async (pod: string): Promise<string> => `${await cluster.kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.podIP}')}:8080`;

/** From the three pods: to `web` by its address and by its Service, and from `web` to `far` by name. */
async function ways(): Promise<Readonly<Record<string, boolean>>> {
  const web = await addressOf('web');
  const asked = [['near', web], ['far', web], ['near', 'to-web'], ['far', 'to-web'], ['web', 'to-web'], ['web', 'to-far']] as const;
  return Object.fromEntries(await Promise.all(asked.map(async ([from, host]) => [`${from} → ${host === web ? 'web by address' : host}`, await fetches(from, host)])));
}

/** @param denied ways that are shut; all others are open */
async function expectShut(what: string, ...denied: readonly string[]): Promise<void> {
  let found: Readonly<Record<string, boolean>> = {};
  const shut = () => Object.entries(found).filter(([, open]) => !open).map(([way]) => way).toSorted().join('; ');
  await eventually(`${what}: ${denied.join('; ') || 'all open'}`, async () => {
    found = await ways();
    return shut() === denied.toSorted().join('; ');
  }).catch((error: unknown) => {
    throw new Error(`${what}: shut is ${shut()}`, { cause: error });
  });
}

const INWARD = ['near → web by address', 'far → web by address', 'near → to-web', 'far → to-web'];

test('without policies every way is open', async () => {
  await expectShut('no policy');
});

test('a pod that nothing may enter is shut on both nodes and behind its Service, but not to itself', async () => {
  await apply(policy('deny', '{ podSelector: { matchLabels: { app: web } } }'));
  await expectShut('deny', ...INWARD);
  // Its kubelet's probes go on.
  expect(await cluster.kubectl('get', 'pod', 'web', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')).toBe('True');
  await clear();
  await expectShut('no policy any more');
});

test('a peer by label is let in from its node alone; a label that comes later opens the way', async () => {
  await apply(policy('near-only', '{ podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchLabels: { friend: "yes" } } }], ports: [{ port: http }] }] }'));
  await cluster.kubectl('label', 'pod', 'near', 'friend=yes');
  await expectShut('near alone', 'far → web by address', 'far → to-web');
  await cluster.kubectl('label', 'pod', 'far', 'friend=yes');
  await expectShut('both');
  await cluster.kubectl('label', 'pod', 'near', 'friend-');
  await expectShut('far alone', 'near → web by address', 'near → to-web');
});

test('a pod that may not go out has no names either, until the name servers are allowed by their labels', async () => {
  const web = '{ matchLabels: { app: web } }';
  const names = '{ to: [{ namespaceSelector: {}, podSelector: { matchLabels: { k8s-app: kube-dns } } }], ports: [{ protocol: UDP, port: 53 }] }';
  await apply(policy('out', `{ podSelector: ${web}, policyTypes: [Egress] }`));
  await eventually('no names', async () => !(await fetches('web', 'to-web')) && !(await fetches('web', 'to-far')));
  await apply(policy('out', `{ podSelector: ${web}, policyTypes: [Egress], egress: [${names}] }`));
  // By name it finds itself again, which no policy forbids.
  await eventually('names, but nobody else', async () => (await fetches('web', 'to-web')) && !(await fetches('web', 'to-far')));
  await apply(policy('out', `{ podSelector: ${web}, policyTypes: [Egress], egress: [${names}, { to: [{ podSelector: { matchLabels: { app: far } } }] }] }`));
  await expectShut('out to far');
});

test('a pod that starts under a policy is never open', async () => {
  await apply(policy('deny-all', '{ podSelector: {}, policyTypes: [Egress] }'));
  const web = await addressOf('web');
  await eventually('shut', async () => !(await fetches('near', web)));
  // The first thing its container does is to try.
  const eager = `
apiVersion: v1
kind: Pod
metadata: { name: eager }
spec:
  restartPolicy: Never
  containers:
    - { name: c, image: 'knarr.local/busybox:1', command: [sh, -c, 'for i in 1 2 3; do timeout 2 wget -q -O - http://${web}/ && echo REACHED; done; echo done'] }`;
  await cluster.kubectlWith(eager, 'replace', '--force', '-f', '-').catch(() => cluster.kubectlWith(eager, 'apply', '-f', '-'));
  await eventually('it ended', async () => (await cluster.kubectl('logs', 'eager')).includes('done'));
  expect(await cluster.kubectl('logs', 'eager')).not.toContain('REACHED');
});
