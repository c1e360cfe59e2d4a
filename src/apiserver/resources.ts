import type { Kind } from '../schema/kind.ts';
import { conversionOf } from './conversion/conversion.ts';
import { Codec, type Upgrade } from './registry/codec.ts';
import { type Strategy, strategyOf } from './registry/strategy.ts';
import type { Hub } from './watch-cache/hub.ts';
import type { ResourceCache } from './watch-cache/resource-cache.ts';

/** A resource that is stored. */
export interface Served {
  readonly kind: Kind;
  readonly codec: Codec;
  readonly cache: ResourceCache;
  readonly strategy: Strategy;
}

/** Kinds that are only bodies of requests are answered, never stored. */
export function isStored(kind: Kind): boolean {
  return kind.verbs === undefined || kind.verbs.includes('get');
}

/** Every served resource, by group, version and plural. Custom resources come and go while the server runs. */
export class Resources {
  readonly #hub: Hub;
  readonly #upgrade: Upgrade;
  readonly #served = new Map<string, Served>();
  readonly #kinds = new Map<string, Kind>();
  readonly #salt: string;
  /** Grows with every change, so that discovery knows when to rebuild. */
  generation = 0;

  constructor(hub: Hub, upgrade: Upgrade, salt: string) {
    this.#hub = hub;
    this.#upgrade = upgrade;
    this.#salt = salt;
  }

  async add(kind: Kind): Promise<void> {
    const id = idOf(kind.group, kind.version, kind.plural);
    if (isStored(kind)) {
      const conversion = conversionOf(kind);
      const stored = conversion && this.#served.get(conversion.storedAs);
      const codec = new Codec(kind, this.#upgrade, { salt: this.#salt, ...(conversion && stored ? { stored: { ...conversion, toStored: conversion.store ?? conversion.toStored, codec: stored.codec } } : {}) });
      this.#served.set(id, { kind, codec, cache: await this.#hub.add(codec), strategy: strategyOf(kind) });
    }
    this.#kinds.set(id, kind);
    this.generation++;
  }

  find(group: string, version: string, plural: string): Served | undefined {
    return this.#served.get(idOf(group, version, plural));
  }

  /** In whatever version it is served: for lookups of our own. */
  of(group: string, plural: string): Served | undefined {
    for (const served of this.#served.values()) if (served.kind.group === group && served.kind.plural === plural) return served;
    return undefined;
  }

  kind(group: string, version: string, plural: string): Kind | undefined {
    return this.#kinds.get(idOf(group, version, plural));
  }

  /** Virtual kinds included, in the order they were added. */
  kinds(): readonly Kind[] {
    return [...this.#kinds.values()];
  }

  served(): readonly Served[] {
    return [...this.#served.values()];
  }
}

const idOf = (group: string, version: string, plural: string): string => `${group}/${version}/${plural}`;
