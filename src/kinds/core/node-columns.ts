/** What `kubectl get nodes` shows of a node. */
import { NONE } from '../cells.ts';
import type { NodeStatus } from './node-status.ts';

interface NodeLike {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly unschedulable?: boolean };
  readonly status: NodeStatus;
}

export function statusCell({ spec, status }: NodeLike): string {
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (spec.unschedulable) words.push('SchedulingDisabled');
  return words.join(',');
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

export function rolesCell({ metadata }: NodeLike): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) return [key.slice(ROLE_PREFIX.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return [...new Set(roles)].toSorted().join(',') || NONE;
}

export const addressCell = (status: NodeStatus, type: string): string =>
  status.addresses?.find((address) => address.type === type)?.address ?? NONE;

export const unknownIfEmpty = (text: string): string => text || '<unknown>';
