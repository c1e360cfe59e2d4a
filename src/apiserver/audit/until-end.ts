import type { ApiResponse } from '../../wire/api.ts';

/** A stream that says itself when it has ended: nobody need look at each of its promises. */
export interface TellsEnd {
  /** Called once, at once where it has ended already. */
  onEnd(listener: () => void): void;
}

/** The same answer; `ended` is called once when its stream has, or at once where there is none. */
export function untilEnd(response: ApiResponse, ended: () => void): ApiResponse {
  const { body } = response;
  const stream: object | undefined = body?.type === 'stream' ? body.chunks : body?.type === 'events' ? body.events : undefined;
  if (stream && tellsEnd(stream)) stream.onEnd(ended);
  else if (body?.type === 'stream') return { ...response, body: { ...body, chunks: watched(body.chunks, ended) } };
  else if (body?.type === 'events') return { ...response, body: { ...body, events: watched(body.events, ended) } };
  else ended();
  return response;
}

const tellsEnd = (stream: object): stream is TellsEnd => 'onEnd' in stream;

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
