import type { AnyObject } from '../meta/object.ts';
import { apiVersionOf } from '../meta/resource.ts';
import type { CustomKind, Kind } from '../schema/kind.ts';
import { conversionOf } from './conversion/conversion.ts';
import { Codec, type StoredAs, type Upgrade } from './registry/codec.ts';
import { Remote } from './registry/remote.ts';
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
  #kindList: readonly Kind[] | undefined;
  readonly #hub: Hub;
  readonly #upgrade: Upgrade;
  readonly #served = new Map<string, Served>();
  readonly #kinds = new Map<string, Kind>();
  /** What definitions declare, with the stored version though it may not be served. */
  readonly #custom = new Map<string, Served>();
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
    this.#changed();
  }

  /**
   * Serves what a CustomResourceDefinition declares, in place of what it declared before: open watches of a version go on. Built-in resources are not
   * replaced.
   * @param kinds one for each version, the stored one first
   */
  async define(kinds: readonly Kind[], isServed: (kind: Kind) => boolean): Promise<void> {
    const [storage] = kinds as readonly [Kind];
    const made = new Map<Kind, Codec>();
    const named = (kind: Kind) => kinds.find(({ version }) => version === kind.version);
    for (const kind of kinds) {
      const { stored } = kind.custom!;
      const codec = stored && made.get(stored.kind);
      made.set(kind, new Codec(kind, this.#upgrade, {
        salt: this.#salt,
        ...(stored && codec ? { stored: { ...asObjects(stored), codec } } : {}),
        ...(kind.custom!.convert ? { remote: new Remote(kind, (apiVersion) => kinds.find((one) => apiVersionOf(one) === apiVersion)) } : {}),
      }));
    }
    const wanted = kinds.filter((kind) => kind === storage || isServed(kind)).filter((kind) => this.#mayDefine(kind));
    const loaded = await Promise.all(wanted.map(async (kind) => {
      const codec = made.get(kind)!;
      return { kind, codec, cache: this.#custom.get(idOfKind(kind))?.cache ?? await this.#hub.add(codec), strategy: strategyOf(kind) };
    }));
    for (const id of this.#idsBeside(storage, (one) => !wanted.includes(named(one)!))) this.#drop(id);
    for (const served of loaded) {
      const id = idOfKind(served.kind);
      if (served.cache.codec !== served.codec) served.cache.recode(served.codec);
      this.#custom.set(id, served);
      if (isServed(served.kind)) {
        this.#served.set(id, served);
        this.#kinds.set(id, served.kind);
      } else this.#hide(id);
    }
    this.#changed();
  }

  /** Serves a definition's resource no more: its watches end. */
  undefine(kind: Pick<Kind, 'group' | 'plural'>): void {
    for (const id of this.#idsBeside(kind, () => true)) this.#drop(id);
    this.#changed();
  }

  /** The stored form of a defined resource, served or not. */
  storageOf({ group, plural }: Pick<Kind, 'group' | 'plural'>): Served | undefined {
    return [...this.#custom.values()].find(({ kind }) => kind.group === group && kind.plural === plural && !kind.custom!.stored);
  }

  #mayDefine(kind: Kind): boolean {
    const there = this.#kinds.get(idOfKind(kind));
    return there === undefined || there.custom !== undefined;
  }

  #idsBeside({ group, plural }: Pick<Kind, 'group' | 'plural'>, isMeant: (kind: Kind) => boolean): readonly string[] {
    return [...this.#custom].filter(([, { kind }]) => kind.group === group && kind.plural === plural && isMeant(kind)).map(([id]) => id);
  }

  #hide(id: string): void {
    if (!this.#served.get(id)?.kind.custom) return;
    this.#served.delete(id);
    this.#kinds.delete(id);
  }

  #drop(id: string): void {
    this.#hide(id);
    const gone = this.#custom.get(id);
    if (gone) this.#hub.remove(gone.cache.codec);
    this.#custom.delete(id);
  }

  #changed(): void {
    this.#kindList = undefined;
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
    return (this.#kindList ??= [...this.#kinds.values()]);
  }

  served(): readonly Served[] {
    return [...this.#served.values()];
  }
}

/** The ways between versions, of objects whatever their fields. */
const asObjects = ({ toStored, fromStored }: NonNullable<CustomKind['stored']>): Omit<StoredAs, 'codec'> => ({
  toStored: (object) => toStored(object) as AnyObject,
  fromStored: (object) => fromStored(object) as AnyObject,
});

const idOfKind = ({ group, version, plural }: Kind): string => idOf(group, version, plural);
const idOf = (group: string, version: string, plural: string): string => `${group}/${version}/${plural}`;
