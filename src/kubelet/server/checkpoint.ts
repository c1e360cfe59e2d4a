/** POST /checkpoint/{namespace}/{pod}/{container}: a running container into an archive, where the runtime can (KEP-2008). */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/message-of.ts';
import { formatTime } from '../../meta/time.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { containerNamed } from '../pod.ts';
import { inspectPod, newestOf } from '../sync/pod-runtime.ts';
import type { ServerContext } from './kubelet-server.ts';
import { json, plain } from './plain.ts';

export async function checkpoint({ context, workers }: ServerContext, request: ApiRequest, [namespace = '', name = '', container = '']: readonly string[]): Promise<ApiResponse> {
  const pod = workers.get(namespace, name);
  if (!pod) return plain(404, 'pod does not exist');
  if (!containerNamed(pod, container)) return plain(404, `container ${container} does not exist`);
  const timeout = new URL(request.url, 'http://kubelet').searchParams.getAll('timeout').at(-1);
  if (timeout !== undefined && !/^-?\d+$/.test(timeout)) return plain(400, 'cannot parse value of timeout parameter');
  const { cri, clock, rootDir } = context;
  const dir = join(rootDir, 'checkpoints');
  const location = join(dir, `checkpoint-${name}_${namespace}-${container}-${formatTime(clock.now())}.tar`);
  try {
    const runtime = await inspectPod(cri, { uid: pod.metadata.uid, name, namespace }, request.signal);
    const found = newestOf(runtime, container);
    if (!found) throw new Error(`container "${container}" not found in pod "${name}_${namespace}"`);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await cri.checkpointContainer(found.id, { location, timeoutSeconds: Number(timeout ?? 0) }, request.signal);
    return json({ items: [location] });
  } catch (error) {
    return plain(500, `checkpointing of ${namespace}/${name}/${container} failed (${messageOf(error)})`);
  }
}
