import { ApiError, type Status } from '../../src/meta/api-error.ts';
import type { ApiResponse, Headers, Transport } from '../../src/wire/api.ts';

/** Runs `work` `count` times, `atOnce` of them at a time. */
export async function repeat(count: number, atOnce: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) await work(next++);
  }));
}

/** As `repeat`; how long each took, in milliseconds, sorted. */
export async function timed(count: number, atOnce: number, work: (n: number) => Promise<unknown>): Promise<readonly number[]> {
  const millis: number[] = [];
  await repeat(count, atOnce, async (n) => {
    const began = performance.now();
    await work(n);
    millis.push(performance.now() - began);
  });
  return millis.toSorted((a, b) => a - b);
}

/** @param sorted ascending */
export const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;

export const median = (values: readonly number[]): number => quantile(values.toSorted((a, b) => a - b), 0.5);

const never = new AbortController().signal;

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body?: object;
  readonly headers?: Headers;
  readonly signal?: AbortSignal;
}

/** One request; its body read to the end, or the stream of a watch. @throws ApiError */
export async function ask(transport: Transport, { method, url, body, headers = {}, signal = never }: Asked): Promise<ApiResponse> {
  const sent = body === undefined ? { headers } : {
    headers: { 'content-type': 'application/json', ...headers },
    body: { type: 'bytes', bytes: Buffer.from(JSON.stringify(body)) } as const,
  };
  const response = await transport({ method, url, peer: { address: 'bench' }, signal, ...sent });
  if (response.status >= 400) throw ApiError.from(JSON.parse(await textOf(response)) as Partial<Status>, response.status);
  return response;
}

export async function askJson<T>(transport: Transport, asked: Asked): Promise<T> {
  return JSON.parse(await askText(transport, asked)) as T;
}

export const askText = async (transport: Transport, asked: Asked): Promise<string> => textOf(await ask(transport, asked));

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
