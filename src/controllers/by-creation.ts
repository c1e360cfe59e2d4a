import type { KubeObject } from '../meta/object.ts';

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The oldest first; of one second, by name. */
export const byCreation = (a: Pick<KubeObject, 'metadata'>, b: Pick<KubeObject, 'metadata'>): number =>
  compareText(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || compareText(a.metadata.name, b.metadata.name);
