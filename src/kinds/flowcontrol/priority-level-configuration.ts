import type { InstanceOf } from '../../meta/resource.ts';
import { int32, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';

export const exemptPriorityLevelConfiguration = part(() =>
  object('api.flowcontrol.v1.ExemptPriorityLevelConfiguration', {
    nominalConcurrencyShares: int32().pointer().default(0).tag(1),
    lendablePercent: int32().pointer().default(0).tag(2),
  }));
export type ExemptPriorityLevelConfiguration = TypeOf<ReturnType<typeof exemptPriorityLevelConfiguration>>;

export const limitResponse = part(() =>
  object('api.flowcontrol.v1.LimitResponse', {
    type: string().required().tag(1),
    queuing: queuingConfiguration().tag(2),
  }));
export type LimitResponse = TypeOf<ReturnType<typeof limitResponse>>;

export const limitedPriorityLevelConfiguration = part(() =>
  object('api.flowcontrol.v1.LimitedPriorityLevelConfiguration', {
    nominalConcurrencyShares: int32().pointer().default(30).tag(1),
    limitResponse: limitResponse().default({}).tag(2),
    lendablePercent: int32().pointer().default(0).tag(3),
    borrowingLimitPercent: int32().pointer().tag(4),
  }));
export type LimitedPriorityLevelConfiguration = TypeOf<ReturnType<typeof limitedPriorityLevelConfiguration>>;

export const priorityLevelConfigurationCondition = part(() =>
  object('api.flowcontrol.v1.PriorityLevelConfigurationCondition', {
    type: string().tag(1),
    status: string().tag(2),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4),
    message: string().tag(5),
  }));
export type PriorityLevelConfigurationCondition = TypeOf<ReturnType<typeof priorityLevelConfigurationCondition>>;

export const priorityLevelConfigurationSpec = part(() =>
  object('api.flowcontrol.v1.PriorityLevelConfigurationSpec', {
    type: string().required().tag(1),
    limited: limitedPriorityLevelConfiguration().tag(2),
    exempt: exemptPriorityLevelConfiguration().tag(3),
  }));
export type PriorityLevelConfigurationSpec = TypeOf<ReturnType<typeof priorityLevelConfigurationSpec>>;

export const priorityLevelConfigurationStatus = part(() =>
  object('api.flowcontrol.v1.PriorityLevelConfigurationStatus', {
    conditions: list(priorityLevelConfigurationCondition()).keyedBy('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type PriorityLevelConfigurationStatus = TypeOf<ReturnType<typeof priorityLevelConfigurationStatus>>;

export const queuingConfiguration = part(() =>
  object('api.flowcontrol.v1.QueuingConfiguration', {
    queues: int32().default(64).tag(1),
    handSize: int32().default(8).tag(2),
    queueLengthLimit: int32().default(50).tag(3),
  }));
export type QueuingConfiguration = TypeOf<ReturnType<typeof queuingConfiguration>>;

export const PriorityLevelConfiguration = defineKind({
  group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'PriorityLevelConfiguration', plural: 'prioritylevelconfigurations',
  scope: 'Cluster', package: 'api.flowcontrol.v1',
  description: 'How many requests of a level run and wait.',
  spec: priorityLevelConfigurationSpec(),
  status: priorityLevelConfigurationStatus(),
});
export type PriorityLevelConfiguration = InstanceOf<typeof PriorityLevelConfiguration>;
