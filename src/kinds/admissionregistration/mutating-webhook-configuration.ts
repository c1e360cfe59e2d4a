import type { InstanceOf } from '../../meta/resource.ts';
import { int32, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, integer } from '../cells.ts';
import { matchCondition, ruleWithOperations } from './matching.ts';
import { webhooksErrors, webhooksUpdateErrors } from './webhook-validation.ts';
import { webhookClientConfig } from './webhook.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const mutatingWebhook = part(() =>
  object('api.admissionregistration.v1.MutatingWebhook', {
    name: string().required().tag(1).describe('A fully qualified name, such as imagepolicy.kubernetes.io.'),
    clientConfig: webhookClientConfig().required().default({}).tag(2).describe('Where it is called.'),
    rules: list(ruleWithOperations()).tag(3).describe('Operations on resources it is called for.'),
    failurePolicy: string().pointer().default('Fail').tag(4).describe('What an unreachable or erring webhook means: Fail rejects the request, Ignore goes on.'),
    namespaceSelector: labelSelector().default({}).tag(5).describe('Namespaces whose objects it is called for, by label; all where empty.'),
    sideEffects: string().required().pointer().tag(6).describe('Whether it changes anything elsewhere: None, or NoneOnDryRun.'),
    timeoutSeconds: int32().pointer().default(10).tag(7).describe('How long to wait for its answer, 1 to 30 seconds.'),
    admissionReviewVersions: list(string()).required().tag(8).describe('Versions of AdmissionReview it understands, the preferred first.'),
    matchPolicy: string().pointer().default('Equivalent').tag(9).describe('Equivalent also calls it for other versions of a resource, Exact only for those named.'),
    reinvocationPolicy: string().pointer().default('Never').tag(10).describe('Whether it is called again when others changed the object after it: Never or IfNeeded.'),
    objectSelector: labelSelector().default({}).tag(11).describe('Objects it is called for, by label of the old or the new one; all where empty.'),
    matchConditions: list(matchCondition()).keyedBy('name').tag(12).describe('CEL expressions, all of which must hold for it to be called.'),
  }));
export type MutatingWebhook = TypeOf<ReturnType<typeof mutatingWebhook>>;

export const MutatingWebhookConfiguration = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingWebhookConfiguration', plural: 'mutatingwebhookconfigurations',
  categories: ['api-extensions'], scope: 'Cluster', package: 'api.admissionregistration.v1',
  description: 'Webhooks that change objects before they are stored.',
  fields: {
    webhooks: list(mutatingWebhook()).keyedBy('name').tag(2).describe('The webhooks.'),
  },
  validateCreate: webhooksErrors,
  validateUpdate: webhooksUpdateErrors,
  columns: { Webhooks: integer(({ webhooks }) => webhooks?.length ?? 0), Age: age },
});
export type MutatingWebhookConfiguration = InstanceOf<typeof MutatingWebhookConfiguration>;
