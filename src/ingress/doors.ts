import type { Logger } from '../base/log.ts';
import { messageOf } from '../base/message-of.ts';
import { openDoor, type Door, type DoorOptions, type DoorPlace } from './door.ts';

/** The ports that a node listens at, which change with what asks for them. */
export class Doors implements AsyncDisposable {
  readonly #options: DoorOptions;
  readonly #log: Logger;
  readonly #open = new Map<string, Door>();

  constructor(options: DoorOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
  }

  /** Opens and closes until these are open, by name. @returns whether all of them are */
  async follow(wanted: ReadonlyMap<string, DoorPlace>): Promise<boolean> {
    const names = new Map([...wanted].map(([name, place]) => [idOf(name, place), { name, place }]));
    await Promise.all([...this.#open].map(async ([id, door]) => {
      if (names.has(id)) return;
      this.#open.delete(id);
      await door[Symbol.asyncDispose]();
    }));
    for (const [id, { name, place }] of names) {
      if (this.#open.has(id)) continue;
      try {
        this.#open.set(id, await openDoor({ ...this.#options, ...place }));
      } catch (error) {
        this.#log.error('ingress: cannot listen', { door: name, port: place.port, error: messageOf(error) });
      }
    }
    return this.#open.size === wanted.size;
  }

  /** Where each open one listens. */
  get ports(): ReadonlyMap<string, number> {
    return new Map([...this.#open].map(([id, { port }]) => [id.slice(0, id.indexOf(' ')), port]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.follow(new Map());
  }
}

const idOf = (name: string, { port, proto, shown }: DoorPlace): string => `${name} ${port} ${proto} ${shown}`;
