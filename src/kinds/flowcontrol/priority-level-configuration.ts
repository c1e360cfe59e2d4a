import type { InstanceOf } from '../../meta/resource.ts';
import { int32, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, NONE } from '../cells.ts';
import { flowStatusErrors, priorityLevelErrors } from './flow-validation.ts';

export const exemptPriorityLevelConfiguration = part(() =>
  object('api.flowcontrol.v1.ExemptPriorityLevelConfiguration', {
    nominalConcurrencyShares: int32().pointer().default(0).tag(1).describe('Its share of the server\'s seats; others may borrow it.'),
    lendablePercent: int32().pointer().default(0).tag(2).describe('How much of its share others may borrow.'),
  }));
export type ExemptPriorityLevelConfiguration = TypeOf<ReturnType<typeof exemptPriorityLevelConfiguration>>;

export const limitResponse = part(() =>
  object('api.flowcontrol.v1.LimitResponse', {
    type: string().required().tag(1).describe('Queue lets requests wait, Reject answers 429.'),
    queuing: queuingConfiguration().tag(2).describe('How they wait.'),
  }).union(['queuing'], 'type'));
export type LimitResponse = TypeOf<ReturnType<typeof limitResponse>>;

export const limitedPriorityLevelConfiguration = part(() =>
  object('api.flowcontrol.v1.LimitedPriorityLevelConfiguration', {
    nominalConcurrencyShares: int32().pointer().default(30).tag(1).describe('Its share of the server\'s seats, in proportion to the other levels\'.'),
    limitResponse: limitResponse().default({}).tag(2).describe('What becomes of requests beyond the limit.'),
    lendablePercent: int32().pointer().default(0).tag(3).describe('How much of its share others may borrow.'),
    borrowingLimitPercent: int32().pointer().tag(4).describe('How much it may borrow, as a percentage of its share; without bound where nothing is said.'),
  }));
export type LimitedPriorityLevelConfiguration = TypeOf<ReturnType<typeof limitedPriorityLevelConfiguration>>;

export const priorityLevelConfigurationCondition = part(() =>
  object('api.flowcontrol.v1.PriorityLevelConfigurationCondition', {
    type: string().tag(1).describe('What the condition is about.'),
    status: string().tag(2).describe('True, False or Unknown.'),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(5).describe('Details for people.'),
  }));
export type PriorityLevelConfigurationCondition = TypeOf<ReturnType<typeof priorityLevelConfigurationCondition>>;

export const priorityLevelConfigurationSpec = part(() =>
  object('api.flowcontrol.v1.PriorityLevelConfigurationSpec', {
    type: string().required().tag(1).describe('Limited, or Exempt: its requests never wait.'),
    limited: limitedPriorityLevelConfiguration().tag(2).describe('The limits, when the type is Limited.'),
    exempt: exemptPriorityLevelConfiguration().tag(3).describe('What it lends, when the type is Exempt.'),
  }).union(['exempt', 'limited'], 'type'));
export type PriorityLevelConfigurationSpec = TypeOf<ReturnType<typeof priorityLevelConfigurationSpec>>;

export const priorityLevelConfigurationStatus = part(() =>
  object('api.flowcontrol.v1.PriorityLevelConfigurationStatus', {
    conditions: list(priorityLevelConfigurationCondition()).keyedBy('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type PriorityLevelConfigurationStatus = TypeOf<ReturnType<typeof priorityLevelConfigurationStatus>>;

export const queuingConfiguration = part(() =>
  object('api.flowcontrol.v1.QueuingConfiguration', {
    queues: int32().default(64).tag(1).describe('How many queues there are.'),
    handSize: int32().default(8).tag(2).describe('Among how many queues, dealt by its hash, a flow takes the shortest.'),
    queueLengthLimit: int32().default(50).tag(3).describe('How many requests wait in one queue before more are refused.'),
  }));
export type QueuingConfiguration = TypeOf<ReturnType<typeof queuingConfiguration>>;

export const PriorityLevelConfiguration = defineKind({
  group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'PriorityLevelConfiguration', plural: 'prioritylevelconfigurations',
  scope: 'Cluster', package: 'api.flowcontrol.v1',
  description: 'How many requests of a level run and wait.',
  spec: priorityLevelConfigurationSpec(),
  status: priorityLevelConfigurationStatus(),
  columns: {
    Type: ({ spec }) => spec.type,
    NominalConcurrencyShares: ({ spec }) => spec.limited?.nominalConcurrencyShares ?? NONE,
    Queues: ({ spec }) => spec.limited?.limitResponse.queuing?.queues ?? NONE,
    HandSize: ({ spec }) => spec.limited?.limitResponse.queuing?.handSize ?? NONE,
    QueueLengthLimit: ({ spec }) => spec.limited?.limitResponse.queuing?.queueLengthLimit ?? NONE,
    Age: age,
  },
  validate: priorityLevelErrors,
  validateStatusUpdate: ({ status }, _old, at) => flowStatusErrors(status, at.child('status')),
});
export type PriorityLevelConfiguration = InstanceOf<typeof PriorityLevelConfiguration>;
