import { duplicate } from '../../meta/field-error.ts';
import { dnsLabelProblems } from '../../meta/names.ts';
import type { InstanceOf } from '../../meta/resource.ts';
import { list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { immutable, labelsAt, problemsAt } from '../checks.ts';
import { tolerationErrors } from '../core/affinity-validation.ts';
import { requirementErrors } from '../core/resource-validation.ts';
import { toleration } from '../core/toleration.ts';

export const overhead = part(() =>
  object('api.node.v1.Overhead', {
    podFixed: map(quantity()).tag(1).describe('Resources each pod takes besides its containers.'),
  }));
export type Overhead = TypeOf<ReturnType<typeof overhead>>;

export const scheduling = part(() =>
  object('api.node.v1.Scheduling', {
    nodeSelector: map(string()).atomic().tag(1).describe('Labels of the nodes that know the runtime.'),
    tolerations: list(toleration()).tag(2).describe('Tolerations its pods get.'),
  }));
export type Scheduling = TypeOf<ReturnType<typeof scheduling>>;

export const RuntimeClass = defineKind({
  group: 'node.k8s.io', version: 'v1', kind: 'RuntimeClass', plural: 'runtimeclasses',
  scope: 'Cluster', package: 'api.node.v1',
  description: 'A way to run containers.',
  fields: {
    handler: string().required().tag(2).describe('The runtime\'s name in the configuration of the node\'s container runtime.'),
    overhead: overhead().tag(3).describe('What a pod takes besides its containers.'),
    scheduling: scheduling().tag(4).describe('Which nodes know the runtime.'),
  },
  columns: { Handler: ({ handler }) => handler, Age: age },
  *validate({ handler, overhead: taken, scheduling: where }, at) {
    if (handler) yield* problemsAt(at.child('handler'), handler, dnsLabelProblems(handler));
    if (taken) yield* requirementErrors({ limits: taken.podFixed ?? {} }, [], at.child('overhead'));
    const { nodeSelector, tolerations = [] } = where ?? {};
    const here = at.child('scheduling').child('tolerations');
    yield* labelsAt(at.child('scheduling').child('nodeSelector'), nodeSelector);
    yield* tolerationErrors(tolerations, here.child('tolerations'));
    const identity = ({ key, operator, value, effect }: (typeof tolerations)[number]): string => JSON.stringify([key, operator, value, effect]);
    for (const [index, one] of tolerations.entries()) {
      if (tolerations.findIndex((other) => identity(other) === identity(one)) < index) yield duplicate(here.index(index), one);
    }
  },
  *validateUpdate({ handler }, old, at) {
    yield* immutable(at.child('handler'), handler === old.handler, handler);
  },
});
export type RuntimeClass = InstanceOf<typeof RuntimeClass>;
