import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Random } from '../../base/random.ts';
import type { Layout } from '../layout.ts';
import type { Exec } from '../machine/exec.ts';
import { prepareContainerd, USUAL_CNI } from '../node/containerd.ts';
import { provideOwnImages } from '../node/images.ts';
import { preparePlaces } from '../node/place.ts';
import { networkOf, poweredNodes, readSettings, type NodePlace, type Settings } from '../settings.ts';
import { listen, type SupervisorState } from './control.ts';
import { Keeper } from './keeper.ts';
import type { Processes, ProcessSpec } from './process.ts';
import { agentName, agentProgram, componentPrograms, containerdName, containerdProgram, controlPlaneProgram, isOfNode, knowsAuthorities } from './programs.ts';
import { readRecords, writeRecords, type Records } from './records.ts';
import { keepRenewed } from './renewal.ts';

/** How soon a failed preparation of the nodes is tried again. */
const RETRY: Millis = 2000;

export interface SupervisorOptions {
  readonly layout: Layout;
  readonly settings: Settings;
  readonly processes: Processes;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Starts a cluster's processes and keeps them running. It holds nothing they need: when it dies they go on, and the
 * next one takes them over.
 */
export class Supervisor implements AsyncDisposable {
  readonly #options: SupervisorOptions;
  #settings: Settings;
  readonly #keepers = new Map<string, Keeper>();
  readonly #stop = new AbortController();
  #records: Records = {};
  #trouble: string | undefined;
  #starting: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  /** @returns false when another supervisor has this data directory */
  async start(onRelease: () => void): Promise<boolean> {
    const { layout } = this.#options;
    const server = await listen(layout.dataDir, async (command) => {
      if (command === 'reload') return this.#reload();
      if (command !== 'release') return this.state;
      await this[Symbol.asyncDispose]();
      server?.close(onRelease);
      return { pid: process.pid };
    });
    if (!server) return false;
    this.#records = await readRecords(layout);
    this.#record('supervisor', { pid: process.pid, began: '' });
    this.#keep(controlPlaneProgram(layout));
    for (const program of componentPrograms(layout, this.#settings)) this.#keep(program);
    this.#starting = this.#startNodes();
    void keepRenewed({ ...this.#options, settings: () => this.#settings, restart: () => this.#restartAll() }, this.#stop.signal);
    return true;
  }

  get state(): SupervisorState {
    return { pid: process.pid, components: [...this.#keepers.values()].map((keeper) => keeper.status), trouble: this.#trouble };
  }

  /** Lets go of everything; what runs goes on running. Nothing more is made once it resolves. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const keeper of this.#keepers.values()) keeper.release();
    await this.#starting;
  }

  #keep(spec: ProcessSpec): void {
    if (this.#keepers.has(spec.name) || this.#stop.signal.aborted) return;
    const { processes, clock, log } = this.#options;
    const keeper = new Keeper({
      spec, processes, clock, log, predecessor: this.#records[spec.name],
      onStart: (identity) => this.#record(spec.name, identity),
    });
    this.#keepers.set(spec.name, keeper);
    keeper.start();
  }

  /** After new authorities, which nobody reads but at the start. */
  #restartAll(): void {
    for (const keeper of this.#keepers.values()) if (knowsAuthorities(keeper.name)) keeper.restart();
  }

  #record(name: string, identity: Records[string]): void {
    this.#records = { ...this.#records, [name]: identity };
    writeRecords(this.#options.layout, this.#records);
  }

  /** Nodes came, went, lost power or their cable, as the settings on disk say. Never rejects. */
  async #reload(): Promise<{ readonly pid: number; readonly trouble?: string }> {
    const { layout, exec } = this.#options;
    try {
      this.#settings = (await readSettings(layout)) ?? this.#settings;
      const wanted = new Set(poweredNodes(this.#settings).flatMap((node) => [agentName(node), containerdName(node)]));
      for (const [name, keeper] of this.#keepers) {
        if (!isOfNode(name) || wanted.has(name)) continue;
        keeper.release();
        this.#keepers.delete(name);
      }
      await preparePlaces(layout, this.#settings, exec);
      this.#starting = this.#starting.then(() => this.#startNodes());
      return { pid: process.pid };
    } catch (error) {
      return { pid: process.pid, trouble: messageOf(error) };
    }
  }

  async #startNodes(): Promise<void> {
    const { layout, exec, clock, log } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await preparePlaces(layout, this.#settings, exec);
        await Promise.all(poweredNodes(this.#settings).filter((node) => !this.#keepers.has(agentName(node))).map((node) => this.#startNode(node)));
        this.#trouble = undefined;
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#trouble = messageOf(error);
        log.error('nodes cannot be started; trying again', { error });
        await clock.sleep(RETRY, signal).catch(() => {});
      }
    }
  }

  async #startNode(node: NodePlace): Promise<void> {
    const { layout, exec, clock } = this.#options;
    const settings = this.#settings;
    const place = layout.node(node.name);
    await prepareContainerd(place, exec, networkOf(settings) === 'none' ? USUAL_CNI : undefined);
    this.#keep(containerdProgram(layout, settings, node));
    await provideOwnImages(layout, place, { exec, clock, signal: this.#stop.signal });
    this.#keep(agentProgram(layout, settings, node));
  }
}
