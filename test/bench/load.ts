import { ApiError, type Status } from '../../src/meta/api-error.ts';
import type { ApiResponse, Transport } from '../../src/wire/api.ts';

/** Runs `work` `count` times, `atOnce` of them at a time. */
export async function repeat(count: number, atOnce: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) await work(next++);
  }));
}

const never = new AbortController().signal;

/** One request; its body read to the end, or the stream of a watch. @throws ApiError */
export async function ask(transport: Transport, method: string, url: string, body?: object, signal = never): Promise<ApiResponse> {
  const headers = body === undefined ? {} : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
  const bytes = body === undefined ? {} : { body: { type: 'bytes', bytes: Buffer.from(JSON.stringify(body)) } as const };
  const response = await transport({ method, url, headers, peer: { address: 'bench' }, signal, ...bytes });
  if (response.status >= 400) throw ApiError.from(JSON.parse(await textOf(response)) as Partial<Status>, response.status);
  return response;
}

/** Reads the whole body and forgets it; its length. */
export async function drain({ body }: ApiResponse): Promise<number> {
  if (body?.type === 'bytes') return body.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  let size = 0;
  if (body?.type === 'stream') for await (const batch of body.chunks) for (const chunk of batch) size += chunk.byteLength;
  return size;
}

async function textOf({ body }: ApiResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  if (body?.type === 'bytes') chunks.push(...body.chunks);
  if (body?.type === 'stream') for await (const batch of body.chunks) chunks.push(...batch);
  return Buffer.concat(chunks).toString();
}
