/** What a check of the Pod Security Standards says, in upstream's words. */
import type { Container, EphemeralContainer } from '../../kinds/core/container.ts';
import type { PodSpec } from '../../kinds/core/pod-spec.ts';

/** A pod, or what a controller would make pods of. */
export interface Checked {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export const reasonsOf = (violations: readonly Violation[]): string => violations.map(({ reason }) => reason).join(', ');

export const detailsOf = (violations: readonly Violation[]): string => violations.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');

/** The checks ask alike of every kind of container. */
export const containersOf = ({ initContainers = [], containers, ephemeralContainers = [] }: PodSpec): readonly (Container | EphemeralContainer)[] => [
  ...initContainers, ...containers, ...ephemeralContainers,
];

/** The names of the containers that are so. */
export const containersThat = (spec: PodSpec, are: (container: Container | EphemeralContainer) => unknown): readonly string[] =>
  containersOf(spec).filter(are).map(({ name }) => name);

export const quoted = (names: Iterable<string>): string => [...names].map((name) => `"${name}"`).join(', ');

export const plural = (one: string, many: string, count: number): string => (count === 1 ? one : many);

/** `container "a"`, `containers "a", "b"` */
export const named = (names: readonly string[]): string => `${plural('container', 'containers', names.length)} ${quoted(names)}`;

/** `pod and containers "a", "b"`: who set what it must not. */
export const setters = (pod: boolean, containers: readonly string[]): string => [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [named(containers)] : [])].join(' and ');

export const sorted = (values: Iterable<string>): readonly string[] => [...new Set(values)].toSorted();
