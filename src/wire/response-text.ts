import type { ResponseBody } from './api.ts';

const MAX_BYTES = 64 * 1024;

/** A short body as text: an error's. */
export async function textOf(body: ResponseBody | undefined): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  if (body?.type === 'bytes') for (const chunk of body.chunks) text += decoder.decode(chunk, { stream: true });
  if (body?.type === 'stream') {
    for await (const batch of body.chunks) {
      for (const chunk of batch) text += decoder.decode(chunk, { stream: true });
      if (text.length > MAX_BYTES) break;
    }
  }
  return text.slice(0, MAX_BYTES);
}
