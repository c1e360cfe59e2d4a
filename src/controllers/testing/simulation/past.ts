import type { Millis } from '../../../base/clock.ts';
import { Pod } from '../../../kinds/core/pod.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { groupResource, type InstanceOf, type Resource } from '../../../meta/resource.ts';
import { controllerOf } from '../../runtime/index.ts';
import type { Moment } from './history.ts';

/** How old the state may be by which a controller with late watches still decides in good faith. */
const GOOD_FAITH: Millis = 60_000;

/** The world at one revision, rebuilt moment by moment. */
export class Past {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  /** What each object asked for before, as long as a controller may not have seen that it no longer does. */
  readonly #asked = new Map<string, { readonly until: Millis; readonly object: KubeObject }[]>();
  now: Millis = 0;

  step({ resource, object, before }: Moment): void {
    const all = this.#of(resource);
    const { name } = (object ?? before!).metadata;
    if (before) this.#remember(before);
    if (object) all.set(name, object);
    else all.delete(name);
  }

  all<R extends Resource>(resource: R): readonly InstanceOf<R>[] {
    return [...this.#of(groupResource(resource)).values()] as unknown as readonly InstanceOf<R>[];
  }

  named(resource: string, name: string): KubeObject | undefined {
    return this.#objects.get(resource)?.get(name);
  }

  byUid<R extends Resource>(resource: R, uid: string): InstanceOf<R> | undefined {
    return this.all(resource).find((one) => (one as unknown as KubeObject).metadata.uid === uid);
  }

  /** Whatever its kind. */
  anyWith(uid: string): KubeObject | undefined {
    return this.everything().find(({ metadata }) => metadata.uid === uid);
  }

  everything(): readonly KubeObject[] {
    return [...this.#objects.values()].flatMap((all) => [...all.values()]);
  }

  /** The object now and as it lately was. */
  lately<T extends KubeObject>(object: T): readonly T[] {
    return [object, ...(this.#asked.get(object.metadata.uid) ?? []).filter(({ until }) => until > this.now).map((one) => one.object as unknown as T)];
  }

  podsOf(uid: string): readonly Pod[] {
    return this.all(Pod).filter((pod) => controllerOf(pod)?.uid === uid);
  }

  #of(resource: string): Map<string, KubeObject> {
    let all = this.#objects.get(resource);
    if (!all) this.#objects.set(resource, (all = new Map()));
    return all;
  }

  #remember(object: KubeObject): void {
    const { uid } = object.metadata;
    const kept = (this.#asked.get(uid) ?? []).filter(({ until }) => until > this.now);
    this.#asked.set(uid, [...kept, { until: this.now + GOOD_FAITH, object }]);
  }
}
