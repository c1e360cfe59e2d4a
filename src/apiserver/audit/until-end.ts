import type { ApiResponse } from '../../wire/api.ts';

/** The same answer; `ended` is called once when its stream has, or at once where there is none. */
export function untilEnd(response: ApiResponse, ended: () => void): ApiResponse {
  const { body } = response;
  if (body?.type === 'stream') return { ...response, body: { type: 'stream', chunks: watched(body.chunks, ended) } };
  if (body?.type === 'events') return { ...response, body: { type: 'events', events: watched(body.events, ended) } };
  ended();
  return response;
}

/** Passes the inner iterator's own promises on: a watch of many events pays one look each. */
function watched<T>(inner: AsyncIterable<T>, ended: () => void): AsyncIterable<T> {
  let told = false;
  const tell = () => {
    if (!told) ended();
    told = true;
  };
  return {
    [Symbol.asyncIterator]() {
      const iterator = inner[Symbol.asyncIterator]();
      return {
        next() {
          const step = iterator.next();
          step.then(({ done }) => void (done && tell()), tell);
          return step;
        },
        return(value?: unknown) {
          tell();
          return iterator.return?.(value) ?? Promise.resolve({ done: true, value: undefined });
        },
      };
    },
  };
}
