/** Static pods from a URL: asked for again and again; what cannot be had or read leaves the pods as they were. */
import type { Clock, Millis } from '../../../base/clock.ts';
import type { Logger } from '../../../base/log.ts';
import { messageOf } from '../../../base/message-of.ts';
import type { Pod } from '../../../kinds/core/pod.ts';
import { podsOfManifest } from './manifest.ts';

export interface ManifestUrlOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly period: Millis;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onPods: (pods: readonly Pod[]) => void;
}

/** A slow server is better than none. */
const TIMEOUT: Millis = 60_000;

export class ManifestUrl implements AsyncDisposable {
  readonly #options: ManifestUrlOptions;
  readonly #stop = new AbortController();
  #text: string | undefined;
  #running: Promise<void> | undefined;
  #failing = false;

  constructor(options: ManifestUrlOptions) {
    this.#options = options;
  }

  /** Resolves after a first try. */
  async start(): Promise<void> {
    await this.#look();
    this.#running = this.#follow();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { clock, period } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await clock.sleep(period, signal).catch(() => {});
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { url, nodeName, clock, log, onPods } = this.#options;
    try {
      const text = await this.#get();
      if (text === this.#text) return;
      const pods = podsOfManifest(text, { nodeName, path: url, source: 'http', seen: new Date(clock.now()).toISOString() });
      this.#text = text;
      this.#failing = false;
      onPods(pods);
    } catch (error) {
      if (!this.#failing && !this.#stop.signal.aborted) log.warn('Failed to read pods from URL', { url, error: messageOf(error) });
      this.#failing = true;
    }
  }

  async #get(): Promise<string> {
    const { url, headers = {}, clock } = this.#options;
    const late = new AbortController();
    using _alarm = clock.after(TIMEOUT, () => late.abort());
    const sent = new Headers();
    for (const [name, values] of Object.entries(headers)) for (const value of values) sent.append(name, value);
    const answer = await fetch(url, { headers: sent, signal: AbortSignal.any([this.#stop.signal, late.signal]) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
    if (text.length === 0) throw new Error(`zero-length data received from ${url}`);
    return text;
  }
}
