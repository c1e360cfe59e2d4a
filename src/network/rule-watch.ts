import { Alarm } from '../base/alarm.ts';
import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { messageOf } from '../base/message-of.ts';
import type { RunProgram } from '../base/program.ts';
import type { KernelWatch } from './kernel-watch.ts';
import { concernsRules, rulesStand, writeRules } from './masquerade.ts';

export interface RuleWatchOptions {
  readonly clusterCidrs: readonly string[];
  /** Tells of tables that someone empties; without it they are looked at now and then. */
  readonly kernel?: KernelWatch;
  readonly run: RunProgram;
  readonly clock: Clock;
  readonly log: Logger;
}

const LOOK: Millis = 60_000;
/** Who writes many rules is let finish; it also keeps us from looking all the time while they do. */
const GATHER: Millis = 500;

/** Writes the rules again where someone emptied the tables. */
export class RuleWatch implements AsyncDisposable {
  readonly #options: RuleWatchOptions;
  readonly #alarm: Alarm;
  readonly #news: Disposable | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(options: RuleWatchOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => {
      this.#working = this.#working.then(() => this.#look());
    });
    this.#alarm.within(LOOK);
    this.#news = options.kernel?.on('rules', concernsRules, () => this.#alarm.within(GATHER));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#news?.[Symbol.dispose]();
    this.#alarm[Symbol.dispose]();
    await this.#working;
  }

  async #look(): Promise<void> {
    const { run, clusterCidrs, log } = this.#options;
    try {
      if (!(await rulesStand(run, clusterCidrs))) {
        log.warn('network: rules were gone; writing them again');
        await writeRules(run, clusterCidrs);
      }
    } catch (error) {
      log.error('network: rules not written', { error: messageOf(error) });
    }
    this.#alarm.within(LOOK);
  }
}
