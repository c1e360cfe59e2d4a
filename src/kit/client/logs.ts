import { queryOf, type Client } from '../../client/index.ts';

/** As of `GET …/pods/NAME/log`. */
export interface LogOptions {
  readonly container?: string;
  /** Goes on until the container ends. */
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly timestamps?: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  readonly signal?: AbortSignal;
}

/** A container's log, in pieces as they come. @throws ApiError with the server's Status */
export async function* logs(client: Client, { name, namespace }: { readonly name: string; readonly namespace: string }, { signal, ...query }: LogOptions): AsyncGenerator<Uint8Array> {
  const url = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log${queryOf({ ...query })}`;
  const { body } = await client.request({ url, headers: { accept: '*/*' }, ...(signal ? { signal } : {}) });
  if (body?.type === 'bytes') yield* body.chunks;
  if (body?.type === 'stream') for await (const chunks of body.chunks) yield* chunks;
}

/** The same line by line, without their ends. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
