import type { Clock, Millis } from '../../../base/clock.ts';
import { compareResourceVersions, type Informers } from '../../../client/index.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { groupResource, type InstanceOf, type Resource } from '../../../meta/resource.ts';
import { isActive } from '../../../rules/pod-conditions.ts';
import { controllerOf } from '../../runtime/index.ts';
import { Pod } from '../../../kinds/core/pod.ts';

/** How long a pass may take between its look and its deed: what was so then still justifies it. */
const PASS: Millis = 3_000;

interface Former {
  readonly until: Millis;
  readonly object: KubeObject;
}

/** A write of the controllers' own that their informers need not show yet: they must not decide as if it had not been. */
interface Own {
  /** Undefined while the answer is awaited. */
  version: string | undefined;
  object: KubeObject;
}

/** What the informers of a process held a moment ago. */
export class Memory {
  readonly #clock: Clock;
  readonly #former = new Map<string, Former[]>();

  constructor(informers: Informers, clock: Clock, resources: readonly Resource[]) {
    this.#clock = clock;
    for (const resource of resources) {
      const keep = (object: KubeObject) => this.#keep(object);
      informers.for<Resource>(resource).addHandler({ onUpdate: (_, old) => keep(old), onDelete: keep });
    }
  }

  of(uid: string): readonly KubeObject[] {
    const now = this.#clock.monotonic();
    return (this.#former.get(uid) ?? []).filter(({ until }) => until > now).map(({ object }) => object);
  }

  #keep(object: KubeObject): void {
    const now = this.#clock.monotonic();
    const kept = (this.#former.get(object.metadata.uid) ?? []).filter(({ until }) => until > now);
    this.#former.set(object.metadata.uid, [...kept, { until: now + PASS, object }]);
  }
}

/**
 * What one controller can know: its process's caches, what they held a moment ago, and its own writes. A deed is judged
 * by this, not by the truth, which late watches hide: so nothing excuses it.
 */
export class View {
  readonly #informers: Informers;
  readonly #memory: Memory;
  readonly clock: Clock;
  readonly #own = new Map<string, Map<string, Own>>();
  readonly #deleted = new Set<string>();
  /** When a deletion was last asked for, whatever came of it. */
  readonly #tried = new Map<string, Millis>();
  #requests = 0;

  constructor(informers: Informers, memory: Memory, clock: Clock) {
    this.#informers = informers;
    this.#memory = memory;
    this.clock = clock;
  }

  /** Everything of a resource, own writes included. */
  list<R extends Resource>(resource: R): readonly InstanceOf<R>[] {
    const shown = this.#informers.for<Resource>(resource).lister.list();
    const own = this.#ownOf(resource);
    if (own.size === 0) return shown as unknown as readonly InstanceOf<R>[];
    const seen = this.#informers.for<Resource>(resource).resourceVersion;
    for (const [uid, { version }] of own) if (version !== undefined && compareResourceVersions(seen, version) >= 0) own.delete(uid);
    const known = new Set(shown.map(({ metadata }) => metadata.uid));
    const all = [...shown.map((object) => own.get(object.metadata.uid)?.object ?? object), ...[...own].flatMap(([uid, { object }]) => (known.has(uid) ? [] : [object]))];
    return all as unknown as readonly InstanceOf<R>[];
  }

  get<R extends Resource>(resource: R, name: string, namespace?: string): InstanceOf<R> | undefined {
    return this.list(resource).find((one) => nameOf(one) === name && (namespace === undefined || (one as unknown as KubeObject).metadata.namespace === namespace));
  }

  /** The object as it is known now and as it was when the pass may have begun; empty where it was not known then either. */
  lately<R extends Resource>(resource: R, uid: string): readonly InstanceOf<R>[] {
    const now = this.list(resource).find((one) => (one as unknown as KubeObject).metadata.uid === uid);
    return [...(now === undefined ? [] : [now]), ...(this.#memory.of(uid) as unknown as readonly InstanceOf<R>[])];
  }

  owned<R extends Resource>(resource: R, uid: string): readonly InstanceOf<R>[] {
    return this.list(resource).filter((one) => controllerOf(one as unknown as KubeObject)?.uid === uid);
  }

  /** Whether it was so of the object now or a moment ago. */
  was<T extends KubeObject>(object: T, test: (object: T) => boolean): boolean {
    return test(object) || this.#memory.of(object.metadata.uid).some((one) => test(one as T));
  }

  /** Pods that count: not ended, not leaving, and not deleted by the controllers themselves. */
  active(pods: readonly Pod[]): readonly Pod[] {
    return pods.filter((pod) => isActive(pod) && !this.isDeleted(pod));
  }

  isDeleted({ metadata }: KubeObject): boolean {
    return this.#deleted.has(metadata.uid);
  }

  /** Whether a deletion was asked for a moment ago, be it in vain. */
  isTried({ metadata }: KubeObject): boolean {
    return (this.#tried.get(metadata.uid) ?? -Infinity) > this.clock.monotonic() - PASS;
  }

  /** A creation leaves. @returns what is to be called with the answer */
  creating(resource: Resource, body: KubeObject): (answer: KubeObject | undefined) => void {
    const own = this.#ownOf(resource);
    const placeholder = `under way ${this.#requests++}`;
    own.set(placeholder, { version: undefined, object: { ...body, metadata: { ...body.metadata, uid: placeholder }, status: {} } as KubeObject });
    return (answer) => {
      own.delete(placeholder);
      if (answer) this.wrote(resource, answer);
    };
  }

  wrote(resource: Resource, object: KubeObject): void {
    this.#ownOf(resource).set(object.metadata.uid, { version: object.metadata.resourceVersion, object });
  }

  /** A deletion leaves. @returns what is to be called with whether it is known to have been done */
  deleting({ metadata: { uid } }: KubeObject): (done: boolean) => void {
    this.#tried.set(uid, this.clock.monotonic());
    if (this.#deleted.has(uid)) return () => {};
    this.#deleted.add(uid);
    return (done) => void (done || this.#deleted.delete(uid));
  }

  #ownOf(resource: Resource): Map<string, Own> {
    const key = groupResource(resource);
    let own = this.#own.get(key);
    if (!own) this.#own.set(key, (own = new Map()));
    return own;
  }
}

const nameOf = (object: unknown): string => (object as KubeObject).metadata.name;
