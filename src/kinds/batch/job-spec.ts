import { boolean, int32, int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { podTemplateSpec } from '../core/pod-template.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const jobSpec = part(() =>
  object('api.batch.v1.JobSpec', {
    parallelism: int32().pointer().tag(1).describe('How many pods may run at a time.'),
    completions: int32().pointer().tag(2).describe('How many pods must succeed.'),
    activeDeadlineSeconds: int64().pointer().tag(3).describe('Seconds after its start at which the job is stopped and marked as failed.'),
    selector: labelSelector().tag(4).describe('The pods that belong to it; made by the system.'),
    manualSelector: boolean().pointer().tag(5).describe('Whether selector and labels are the user\'s affair.'),
    template: podTemplateSpec().required().default({}).tag(6).describe('What its pods are like.'),
    backoffLimit: int32().pointer().tag(7).describe('How many pods may fail before the job does.'),
    ttlSecondsAfterFinished: int32().pointer().tag(8).describe('Seconds after its end at which the job is deleted.'),
    completionMode: string().pointer().default('NonIndexed').tag(9).describe('NonIndexed, or Indexed to give each pod a number and need each number once.'),
    suspend: boolean().pointer().default(false).tag(10).describe('Whether no pods are made, and those there are deleted.'),
    podFailurePolicy: podFailurePolicy().tag(11).describe('What to do on which failure, before backoffLimit decides.'),
    backoffLimitPerIndex: int32().pointer().tag(12).describe('How many pods of one index may fail before the index does.'),
    maxFailedIndexes: int32().pointer().tag(13).describe('How many indexes may fail before the job does.'),
    podReplacementPolicy: string().pointer().tag(14).describe('Whether a pod is replaced when it goes away (TerminatingOrFailed) or only when it has failed (Failed).'),
    managedBy: string().pointer().tag(15).describe('Who manages the job, if not the built-in controller.'),
    successPolicy: successPolicy().tag(16).describe('When the job has succeeded before all indexes have.'),
  }));
export type JobSpec = TypeOf<ReturnType<typeof jobSpec>>;

export const podFailurePolicy = part(() =>
  object('api.batch.v1.PodFailurePolicy', {
    rules: list(podFailurePolicyRule()).required().tag(1).describe('The first that fits a failed pod applies.'),
  }));
export type PodFailurePolicy = TypeOf<ReturnType<typeof podFailurePolicy>>;

export const podFailurePolicyOnExitCodesRequirement = part(() =>
  object('api.batch.v1.PodFailurePolicyOnExitCodesRequirement', {
    containerName: string().pointer().tag(1).describe('The container; all unless said.'),
    operator: string().required().tag(2).describe('In or NotIn.'),
    values: list(int32()).set().required().tag(3).describe('Exit codes, in order.'),
  }));
export type PodFailurePolicyOnExitCodesRequirement = TypeOf<ReturnType<typeof podFailurePolicyOnExitCodesRequirement>>;

export const podFailurePolicyOnPodConditionsPattern = part(() =>
  object('api.batch.v1.PodFailurePolicyOnPodConditionsPattern', {
    type: string().required().tag(1).describe('The condition\'s type.'),
    status: string().default('True').tag(2).describe('Its status.'),
  }));
export type PodFailurePolicyOnPodConditionsPattern = TypeOf<ReturnType<typeof podFailurePolicyOnPodConditionsPattern>>;

export const podFailurePolicyRule = part(() =>
  object('api.batch.v1.PodFailurePolicyRule', {
    action: string().required().tag(1).describe('FailJob, FailIndex, Ignore or Count.'),
    onExitCodes: podFailurePolicyOnExitCodesRequirement().tag(2).describe('Which exit codes it is for.'),
    onPodConditions: list(podFailurePolicyOnPodConditionsPattern()).tag(3).describe('Which conditions of the pod it is for.'),
  }));
export type PodFailurePolicyRule = TypeOf<ReturnType<typeof podFailurePolicyRule>>;

export const successPolicy = part(() =>
  object('api.batch.v1.SuccessPolicy', {
    rules: list(successPolicyRule()).required().tag(1).describe('The first that holds makes the job succeed.'),
  }));
export type SuccessPolicy = TypeOf<ReturnType<typeof successPolicy>>;

export const successPolicyRule = part(() =>
  object('api.batch.v1.SuccessPolicyRule', {
    succeededIndexes: string().pointer().tag(1).describe('Indexes that must have succeeded, as 1,3-5.'),
    succeededCount: int32().pointer().tag(2).describe('How many of them, or of all, must have succeeded.'),
  }));
export type SuccessPolicyRule = TypeOf<ReturnType<typeof successPolicyRule>>;
