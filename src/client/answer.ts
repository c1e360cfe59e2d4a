import { ApiError, type Status } from '../meta/api-error.ts';
import type { ApiResponse, ResponseBody, WireEvent } from '../wire/api.ts';
import type { WatchEvent } from './client.ts';

/** Decodes what a server answered: objects from in-process, JSON from anywhere else. */

type Decoder = InstanceType<typeof TextDecoder>;

export function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && (value as Partial<Status>).kind === 'Status';
}

/** The answer's one object. */
export async function readObject<T>({ body }: ApiResponse): Promise<T> {
  if (body?.type === 'object') return body.object as T;
  return parse<T>(await readBytes(body));
}

/** The whole body as text. */
export async function readBytes(body: ResponseBody | undefined): Promise<string> {
  const decoder = new TextDecoder();
  if (body?.type === 'bytes') return joined(body.chunks, decoder) + decoder.decode();
  if (body?.type !== 'stream') return '';
  let text = '';
  for await (const chunks of body.chunks) text += joined(chunks, decoder);
  return text + decoder.decode();
}

/** Batches as the server sent them. An ERROR event is thrown, after what came before it was yielded. */
export async function* watchEvents<T>({ body }: ApiResponse): AsyncIterable<readonly WatchEvent<T>[]> {
  for await (const batch of wireEvents(body)) {
    const failed = batch.findIndex((event) => event.type === 'ERROR');
    const good = failed < 0 ? batch : batch.slice(0, failed);
    if (good.length > 0) yield good as readonly WatchEvent<T>[];
    if (failed >= 0) throw errorOf(batch[failed]!.object);
  }
}

async function* wireEvents(body: ResponseBody | undefined): AsyncIterable<readonly WireEvent[]> {
  if (body?.type === 'events') return yield* body.events;
  const batches = body?.type === 'stream' ? body.chunks : body?.type === 'bytes' ? [body.chunks] : [];
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunks of batches) {
    const lines = (rest + joined(chunks, decoder)).split('\n');
    rest = lines.pop() ?? '';
    const events = lines.filter((line) => line !== '').map((line) => parse<WireEvent>(line));
    if (events.length > 0) yield events;
  }
  // A line cut off by a dying connection is no event; the reflector watches again from the last whole one.
}

const errorOf = (object: unknown): ApiError =>
  isStatus(object) ? ApiError.from(object) : new ApiError('', `unexpected watch error: ${JSON.stringify(object)}`);

const joined = (chunks: readonly Uint8Array[], decoder: Decoder): string =>
  chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('');

function parse<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new ApiError('', `unable to decode the server's answer: ${text.slice(0, 120)}`, { cause });
  }
}
