import type { InstanceOf } from '../../meta/resource.ts';
import { defineKind } from '../../schema/kind.ts';
import { podSpec } from './pod-spec.ts';
import { podStatus } from './pod-status.ts';

export const Pod = defineKind({
  group: '', version: 'v1', kind: 'Pod', plural: 'pods',
  short: ['po'], categories: ['all'], scope: 'Namespaced', package: 'api.core.v1',
  subresources: ['attach', 'binding', 'ephemeralcontainers', 'eviction', 'exec', 'log', 'portforward', 'proxy', 'resize'],
  spec: podSpec(),
  status: podStatus(),
});
export type Pod = InstanceOf<typeof Pod>;
