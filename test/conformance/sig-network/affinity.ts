import { check } from '../framework/assert.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { answering, changeService, client, nodeAddresses, PORT, reaches, servers, service } from './servers.ts';

type Type = 'ClusterIP' | 'NodePort';
const of = (type: Type) => (type === 'ClusterIP' ? 'service with type clusterIP' : 'NodePort service');
const TIMES = 15;

interface Affine {
  readonly from: string;
  readonly url: string;
}

/** Three servers behind a Service that keeps each client with one of them. */
async function affine(t: Context, type: Type, timeoutSeconds?: number): Promise<Affine> {
  const name = 'affinity';
  const pods = await servers(t, 3, { name });
  const sessionAffinityConfig = timeoutSeconds === undefined ? {} : { sessionAffinityConfig: { clientIP: { timeoutSeconds } } };
  const { spec } = await service(t, name, {
    type, selector: { name }, ports: [{ port: 80, targetPort: PORT }], sessionAffinity: 'ClientIP', ...sessionAffinityConfig,
  });
  check(Boolean(spec.clusterIP), 'it has a cluster IP');
  const from = await client(t);
  await reaches(t, from, { url: `http://${name}:80/`, pods });
  await reaches(t, from, { url: `http://${spec.clusterIP}:80/`, pods });
  if (type === 'ClusterIP') return { from, url: `http://${spec.clusterIP}:80/` };
  const [ip] = await nodeAddresses(t);
  const url = `http://${ip}:${spec.ports![0]!.nodePort}/`;
  await reaches(t, from, { url, pods });
  return { from, url };
}

const staysWithOne = async (t: Context, { from, url }: Affine): Promise<boolean> => (await answering(t, from, { url, times: TIMES })).size === 1;
const spreads = (t: Context, { from, url }: Affine, what: string): Promise<boolean> =>
  t.eventually(what, async () => (await answering(t, from, { url, times: TIMES })).size > 1, { seconds: 90, everySeconds: 1 });

const COMMON = ['it is made with its addresses', 'one pod serves one client', 'name and cluster IP are reached', 'and so is the node port'];

function works(type: Type): TestCase {
  const musts = COMMON.slice(0, type === 'ClusterIP' ? 3 : 4);
  return test(`[sig-network] Services should have session affinity work for ${of(type)} [LinuxOnly] [Conformance]`, { musts, timeoutSeconds: 300 }, async (t) => {
    const place = await affine(t, type);
    const one = await staysWithOne(t, place);
    for (const must of musts) t.must(must, must === COMMON[1] ? one : true);
  });
}

function timesOut(type: Type): TestCase {
  const musts = [...COMMON.slice(0, type === 'ClusterIP' ? 3 : 4), 'after the timeout another may serve'];
  return test(`[sig-network] Services should have session affinity timeout work for ${of(type)} [LinuxOnly] [Conformance]`, { musts, timeoutSeconds: 400 }, async (t) => {
    const place = await affine(t, type, 5);
    const one = await staysWithOne(t, place);
    for (const must of musts.slice(0, -1)) t.must(must, must === COMMON[1] ? one : true);
    const seen = new Set<string>();
    await t.eventually('another pod serves after the timeout', async () => {
      await t.sleep(8);
      for (const name of await answering(t, place.from, { url: place.url, times: 1 })) seen.add(name);
      return seen.size > 1;
    }, { seconds: 200 });
    t.must(musts.at(-1)!, seen.size > 1);
  });
}

function switches(type: Type): TestCase {
  const musts = ['the change is taken', 'without affinity any pod serves', 'with it again one pod does', ...(type === 'ClusterIP'
    ? ['it is made with a cluster IP', 'name and cluster IP are reached'] : ['it is made with its addresses', 'name and cluster IP are reached', 'and so is the node port'])];
  return test(`[sig-network] Services should be able to switch session affinity for ${of(type)} [LinuxOnly] [Conformance]`, { musts, timeoutSeconds: 300 }, async (t) => {
    const place = await affine(t, type);
    const { spec } = await changeService(t, 'affinity', (old) => ({ ...old, sessionAffinityConfig: undefined, sessionAffinity: 'None' }));
    t.must(musts[0]!, spec.sessionAffinity === 'None');
    t.must(musts[1]!, await spreads(t, place, 'any pod serves'));
    await changeService(t, 'affinity', (old) => ({ ...old, sessionAffinity: 'ClientIP' }));
    t.must(musts[2]!, await t.eventually('one pod serves', () => staysWithOne(t, place), { seconds: 90, everySeconds: 1 }));
    for (const must of musts.slice(3)) t.must(must, true);
  });
}

export const sessionAffinity: readonly TestCase[] = (['ClusterIP', 'NodePort'] as const).flatMap((type) => [works(type), timesOut(type), switches(type)]);
