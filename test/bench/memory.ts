/** What stored pods take of memory, with every cache that reading and watching them fills. */
import { PODS, prepareUser } from './cases.ts';
import { ask, drain, repeat } from './load.ts';
import { memoryBytes } from './machine.ts';
import { pod } from './pod.ts';
import { startKnarrApi, type Target } from './target.ts';

/** Stores pods named `stored-N`. */
export async function fill({ admin }: Target, count: number): Promise<void> {
  await repeat(count, 64, async (n) => drain(await ask(admin, { method: 'POST', url: PODS, body: pod(`stored-${n}`) })));
}

export async function measureMemory(directory: string, pods: number): Promise<void> {
  await using target = await startKnarrApi(directory, ['--expose-gc']);
  await prepareUser(target);
  await fill(target, 200); // compiled code and buffers are nobody's pod
  const user = target.connectUser();
  const url = `${PODS}/stored-0`;
  const size = await drain(await ask(user, { method: 'GET', url }));
  const settled = async () => {
    await target.report();
    const { memory } = await target.report();
    return { pss: await memoryBytes(target.pids), heap: memory.heapUsed, buffers: memory.arrayBuffers };
  };
  const before = await settled();
  console.log(`\nmemory for each of ${pods} stored pods of ${size} bytes (goal: less than 12 kB)`);
  const tell = async (when: string) => {
    const now = await settled();
    const each = (bytes: number) => `${(bytes / pods / 1000).toFixed(1)} kB`;
    console.log(`${when.padEnd(30)} ${each(now.pss - before.pss)} (PSS); heap ${each(now.heap - before.heap)}, buffers ${each(now.buffers - before.buffers)}; ${(now.pss / 2 ** 20).toFixed(0)} MB in all`);
  };
  await repeat(pods, 64, async (n) => drain(await ask(target.admin, { method: 'POST', url: PODS, body: pod(`more-${n}`) })));
  await tell('stored');
  await drain(await ask(user, { method: 'GET', url: PODS }));
  await drain(await ask(user, { method: 'GET', url: `${PODS}?labelSelector=app%3Dweb` }));
  await tell('listed, by selector too');
  await drain(await ask(user, { method: 'GET', url: PODS, headers: { accept: 'application/vnd.kubernetes.protobuf' } }));
  await tell('listed as protobuf');
  await drain(await ask(user, { method: 'GET', url: PODS, headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' } }));
  await tell('listed as a table');
}
