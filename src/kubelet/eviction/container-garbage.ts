/**
 * Which dead containers go (https://kubernetes.io/docs/concepts/architecture/garbage-collection/#container-image-garbage-collection), by the
 * kubelet's deprecated limits: an age, a number of each container of a pod, a number in all. Pure.
 */
import type { Millis } from '../../base/clock.ts';

export interface ContainerGcPolicy {
  /** Younger ones stay. */
  readonly minimumAge: Millis;
  /** Dead ones of each container of a pod; negative: any number. */
  readonly mostPerContainer: number;
  /** Dead ones in all; negative: any number. */
  readonly most: number;
}

/** Upstream's. */
export const DEFAULT_GC_POLICY: ContainerGcPolicy = { minimumAge: 0, mostPerContainer: 1, most: -1 };

export interface DeadContainer {
  readonly id: string;
  readonly pod: string;
  readonly name: string;
  readonly createdAt: Millis;
}

/** @returns those to remove, the oldest first */
export function containerGarbage(dead: readonly DeadContainer[], { minimumAge, mostPerContainer, most }: ContainerGcPolicy, now: Millis): readonly DeadContainer[] {
  const groups = new Map<string, DeadContainer[]>();
  for (const one of dead.filter(({ createdAt }) => now - createdAt >= minimumAge).toSorted((a, b) => b.createdAt - a.createdAt)) {
    const key = `${one.pod}/${one.name}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const keepNewest = (count: number): void => {
    for (const [key, members] of groups) groups.set(key, members.slice(0, count));
  };
  const left = () => [...groups.values()].flat();
  if (mostPerContainer >= 0) keepNewest(mostPerContainer);
  if (most >= 0 && left().length > most) {
    // Everyone gives up to what is everyone's share, at least one; then the oldest go.
    keepNewest(Math.max(1, Math.floor(most / groups.size)));
    const kept = left().toSorted((a, b) => b.createdAt - a.createdAt).slice(0, most);
    for (const [key, members] of groups) groups.set(key, members.filter((one) => kept.includes(one)));
  }
  const staying = new Set(left().map(({ id }) => id));
  return dead.filter(({ id, createdAt }) => now - createdAt >= minimumAge && !staying.has(id)).toSorted((a, b) => a.createdAt - b.createdAt);
}
