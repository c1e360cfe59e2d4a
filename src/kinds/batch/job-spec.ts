import { boolean, int32, int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { podTemplateSpec } from '../core/pod-template.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const jobSpec = part(() =>
  object('api.batch.v1.JobSpec', {
    parallelism: int32().pointer().tag(1),
    completions: int32().pointer().tag(2),
    activeDeadlineSeconds: int64().pointer().tag(3),
    selector: labelSelector().tag(4),
    manualSelector: boolean().pointer().tag(5),
    template: podTemplateSpec().required().default({}).tag(6),
    backoffLimit: int32().pointer().tag(7),
    ttlSecondsAfterFinished: int32().pointer().tag(8),
    completionMode: string().pointer().default('NonIndexed').tag(9),
    suspend: boolean().pointer().default(false).tag(10),
    podFailurePolicy: podFailurePolicy().tag(11),
    backoffLimitPerIndex: int32().pointer().tag(12),
    maxFailedIndexes: int32().pointer().tag(13),
    podReplacementPolicy: string().pointer().tag(14),
    managedBy: string().pointer().tag(15),
    successPolicy: successPolicy().tag(16),
  }));
export type JobSpec = TypeOf<ReturnType<typeof jobSpec>>;

export const podFailurePolicy = part(() =>
  object('api.batch.v1.PodFailurePolicy', {
    rules: list(podFailurePolicyRule()).required().tag(1),
  }));
export type PodFailurePolicy = TypeOf<ReturnType<typeof podFailurePolicy>>;

export const podFailurePolicyOnExitCodesRequirement = part(() =>
  object('api.batch.v1.PodFailurePolicyOnExitCodesRequirement', {
    containerName: string().pointer().tag(1),
    operator: string().required().tag(2),
    values: list(int32()).set().required().tag(3),
  }));
export type PodFailurePolicyOnExitCodesRequirement = TypeOf<ReturnType<typeof podFailurePolicyOnExitCodesRequirement>>;

export const podFailurePolicyOnPodConditionsPattern = part(() =>
  object('api.batch.v1.PodFailurePolicyOnPodConditionsPattern', {
    type: string().required().tag(1),
    status: string().default('True').tag(2),
  }));
export type PodFailurePolicyOnPodConditionsPattern = TypeOf<ReturnType<typeof podFailurePolicyOnPodConditionsPattern>>;

export const podFailurePolicyRule = part(() =>
  object('api.batch.v1.PodFailurePolicyRule', {
    action: string().required().tag(1),
    onExitCodes: podFailurePolicyOnExitCodesRequirement().tag(2),
    onPodConditions: list(podFailurePolicyOnPodConditionsPattern()).tag(3),
  }));
export type PodFailurePolicyRule = TypeOf<ReturnType<typeof podFailurePolicyRule>>;

export const successPolicy = part(() =>
  object('api.batch.v1.SuccessPolicy', {
    rules: list(successPolicyRule()).required().tag(1),
  }));
export type SuccessPolicy = TypeOf<ReturnType<typeof successPolicy>>;

export const successPolicyRule = part(() =>
  object('api.batch.v1.SuccessPolicyRule', {
    succeededIndexes: string().pointer().tag(1),
    succeededCount: int32().pointer().tag(2),
  }));
export type SuccessPolicyRule = TypeOf<ReturnType<typeof successPolicyRule>>;
