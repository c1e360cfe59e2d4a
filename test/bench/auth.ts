/**
 * What it costs to find out who asks, whether he may, and what a Pod's admission costs: whole requests in this process, less the same requests
 * where there is nothing to find out.
 */
import { systemClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { choosePlugins, startApiServer, type ApiServerConfig } from '../../src/apiserver/index.ts';
import { TEST_KEY } from '../../src/apiserver/testing/test-key.ts';
import { builtinKinds } from '../../src/kinds/index.ts';
import { memoryDriver } from '../../src/store/index.ts';
import type { ApiHandler, Peer } from '../../src/wire/api.ts';

const [ROLES, BINDINGS, READS, WRITES, ROUNDS] = [200, 5000, 20_000, 2000, 5];
const NAMESPACE = 'bench';
const RBAC = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`;
const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const MASTER: Peer = { address: '127.0.0.1', user: { username: 'admin', groups: ['system:masters'] } };
const ROBOT = `system:serviceaccount:${NAMESPACE}:robot`;
const encoder = new TextEncoder();

export async function measureAuth(): Promise<void> {
  await using server = await begin({});
  await bindMany(server.handler);
  const url = `/api/v1/namespaces/${NAMESPACE}/configmaps/none`;
  const { status } = await post(server.handler, `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/robot/token`, { spec: { expirationSeconds: 86_400 } });
  const headers = { authorization: `Bearer ${status?.token}` };
  const certificate: Peer = { address: '127.0.0.1', certificate: { commonName: ROBOT, organizations: [] } };
  const ask = (peer: Peer, more: Readonly<Record<string, string>> = {}) => () => send(server.handler, { method: 'GET', url, peer, headers: more });
  const [nothing, byCertificate, byToken] = await middles(READS, [ask(MASTER), ask(certificate), ask({ address: '127.0.0.1' }, headers)]);
  console.log(`\nauth: a user with ${ROLES} roles in one namespace among ${BINDINGS} bindings (goals: 20 µs with a cached token, 5 µs with a certificate on the same connection)`);
  console.log(`a request without: ${nothing!.toFixed(1)} µs; authentication and RBAC by token ${(byToken! - nothing!).toFixed(1)} µs, by certificate ${(byCertificate! - nothing!).toFixed(1)} µs`);

  await using bare = await begin({ admission: { disable: choosePlugins().map(({ name }) => name).filter((name) => !NAMELESS.has(name)) } });
  const pod = { metadata: { name: 'p' }, spec: { serviceAccountName: 'robot', automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] } };
  const create = (handler: ApiHandler) => () => send(handler, { method: 'POST', url: `/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All`, peer: MASTER, body: pod });
  const [plain, admitted] = await middles(WRITES, [create(bare.handler), create(server.handler)]);
  console.log(`admission of a Pod by all that is on: ${(admitted! - plain!).toFixed(1)} µs of a dry creation's ${admitted!.toFixed(1)} µs (goal: 50 µs)`);
}

/** What no configuration turns off. */
const NAMELESS: ReadonlySet<string> = new Set(choosePlugins({ disable: [] }).map(({ name }) => name).filter((name) => {
  try {
    choosePlugins({ disable: [name] });
    return false;
  } catch {
    return true;
  }
}));

async function begin(config: Partial<ApiServerConfig>) {
  const server = await startApiServer({
    driver: memoryDriver(), kinds: builtinKinds, clock: systemClock, log: silent, random: systemRandom,
    config: { serviceAccounts: { issuer: ISSUER, audiences: [ISSUER], signingKey: TEST_KEY }, ...config },
  });
  await post(server.handler, '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  await post(server.handler, `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name: 'robot' } });
  return server;
}

/** The last of the user's roles is the one that allows. */
async function bindMany(handler: ApiHandler): Promise<void> {
  const apiGroup = 'rbac.authorization.k8s.io';
  for (let n = 0; n < BINDINGS; n++) {
    const isHis = n < ROLES;
    const name = isHis ? `role-${n}` : 'other';
    if (n <= ROLES) await post(handler, `${RBAC}/roles`, { metadata: { name }, rules: [{ verbs: ['get'], apiGroups: [''], resources: [n === ROLES - 1 ? 'configmaps' : `things-${n}`] }] });
    await post(handler, `${RBAC}/rolebindings`, { metadata: { name: `binding-${n}` }, roleRef: { apiGroup, kind: 'Role', name }, subjects: [{ apiGroup, kind: 'User', name: isHis ? ROBOT : `user-${n}` }] });
  }
}

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly peer: Peer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

const signal = new AbortController().signal;

function send(handler: ApiHandler, { method, url, peer, headers = {}, body }: Sent) {
  return handler({ method, url, headers, peer, signal, ...(body ? { body: { type: 'bytes', bytes: encoder.encode(JSON.stringify(body)) } as const } : {}) });
}

async function post(handler: ApiHandler, url: string, body: object): Promise<{ readonly status?: { readonly token?: string } }> {
  const { status, body: answer } = await send(handler, { method: 'POST', url, peer: MASTER, body });
  const text = answer?.type === 'bytes' ? Buffer.concat(answer.chunks).toString() : '{}';
  if (status !== 201) throw new Error(`${url}: ${status} ${text}`);
  return JSON.parse(text) as { readonly status?: { readonly token?: string } };
}

/** Microseconds of each, medians of rounds in turns; the first round warms up. */
async function middles(requests: number, works: readonly (() => Promise<unknown>)[]): Promise<readonly number[]> {
  const figures = works.map(() => [] as number[]);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [at, work] of works.entries()) {
      const { user, system } = process.cpuUsage();
      for (let n = 0; n < requests; n++) await work();
      const used = process.cpuUsage({ user, system });
      if (round > 0) figures[at]!.push((used.user + used.system) / requests);
    }
  }
  return figures.map((all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!);
}
