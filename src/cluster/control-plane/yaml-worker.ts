import type { Clock, Millis } from '../../base/clock.ts';
import { ApiError, badRequest } from '../../meta/api-error.ts';
import type { YamlData } from '../../meta/yaml.ts';

export type YamlAnswer = { readonly data: YamlData } | { readonly error: string };

/** A thread that answers each text it is sent with one YamlAnswer, in order. */
export interface YamlThread {
  send(text: string): void;
  /** `receive` gets the answers; `fail` is called once if the thread dies of itself. */
  listen(receive: (answer: YamlAnswer) => void, fail: (why: Error) => void): void;
  end(): void;
}

interface Task {
  readonly text: string;
  readonly resolve: (data: YamlData) => void;
  readonly reject: (error: Error) => void;
  readonly signal: AbortSignal;
}

/** A document within the limits takes a few seconds at the most. */
const TIME_LIMIT: Millis = 15_000;
/** Documents that wait; each is a body that is held in memory. */
const MAX_WAITING = 16;
/** A thread nobody needs is ended: it holds some megabytes. */
const IDLE: Millis = 30_000;

/** Reads YAML outside the event loop, one document after the other, in one thread that is started when first needed. */
export class YamlWorker implements Disposable {
  readonly #start: () => YamlThread;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #waiting: Task[] = [];
  #thread: YamlThread | undefined;
  #current: Task | undefined;
  #timer: Disposable | undefined;
  #ended = false;

  constructor(start: () => YamlThread, clock: Pick<Clock, 'after'>) {
    this.#start = start;
    this.#clock = clock;
  }

  /** @throws Error in one line where it is no YAML, ApiError where nobody can read it in time */
  read(text: string, signal: AbortSignal): Promise<YamlData> {
    if (this.#ended) return Promise.reject(new ApiError('ServiceUnavailable', 'the server is shutting down'));
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new ApiError('TooManyRequests', 'too many long YAML bodies at once, please try again later', { details: { retryAfterSeconds: 1 } }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject, signal });
      this.#next();
    });
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    const why = new ApiError('ServiceUnavailable', 'the server is shutting down');
    for (const task of this.#waiting.splice(0)) task.reject(why);
    this.#drop(why);
  }

  #next(): void {
    if (this.#current || this.#ended) return;
    this.#timer?.[Symbol.dispose]();
    let task = this.#waiting.shift();
    // Whose caller has gone is not read.
    for (; task?.signal.aborted; task = this.#waiting.shift()) task.reject(badRequest('the request was cancelled'));
    if (!task) {
      this.#timer = this.#clock.after(IDLE, () => this.#drop(new Error('nobody waits')));
      return;
    }
    this.#current = task;
    this.#timer = this.#clock.after(TIME_LIMIT, () => this.#drop(badRequest(`reading the YAML takes longer than ${TIME_LIMIT / 1000}s: send it as JSON`)));
    this.#thread ??= this.#listenTo(this.#start());
    this.#thread.send(task.text);
  }

  #listenTo(thread: YamlThread): YamlThread {
    thread.listen((answer) => this.#thread === thread && this.#finish(answer), (why) => this.#thread === thread && this.#drop(badRequest(`the YAML cannot be read: ${why.message}`)));
    return thread;
  }

  #finish(answer: YamlAnswer): void {
    const task = this.#current;
    this.#current = undefined;
    if ('data' in answer) task?.resolve(answer.data);
    else task?.reject(new Error(answer.error));
    this.#next();
  }

  /** Ends the thread, and whatever it was reading. */
  #drop(why: Error): void {
    const [thread, task] = [this.#thread, this.#current];
    this.#thread = this.#current = undefined;
    this.#timer?.[Symbol.dispose]();
    thread?.end();
    task?.reject(why);
    if (task) this.#next();
  }
}
