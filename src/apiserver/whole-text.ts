import type { ResponseBody } from '../wire/api.ts';

/** What can be read of an answer, as it comes. */
export async function* batchesOf(body: ResponseBody | undefined): AsyncGenerator<readonly Uint8Array[]> {
  if (body?.type === 'bytes') yield body.chunks;
  if (body?.type === 'stream') yield* body.chunks;
}

/** A body's text; it is read whole. @throws Error where it is longer than `most` bytes */
export async function wholeText(body: ResponseBody | undefined, most = Number.POSITIVE_INFINITY): Promise<string> {
  if (body?.type === 'object') return JSON.stringify(body.object);
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const batch of batchesOf(body)) {
    for (const chunk of batch) {
      size += chunk.length;
      if (size > most) throw new Error(`the answer is longer than ${most} bytes`);
      text += decoder.decode(chunk, { stream: true });
    }
  }
  return text + decoder.decode();
}
