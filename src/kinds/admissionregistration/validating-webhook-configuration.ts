import type { InstanceOf } from '../../meta/resource.ts';
import { int32, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, integer } from '../cells.ts';
import { matchCondition, ruleWithOperations } from './matching.ts';
import { webhookClientConfig } from './webhook.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const validatingWebhook = part(() =>
  object('api.admissionregistration.v1.ValidatingWebhook', {
    name: string().required().tag(1),
    clientConfig: webhookClientConfig().required().default({}).tag(2),
    rules: list(ruleWithOperations()).tag(3),
    failurePolicy: string().pointer().default('Fail').tag(4),
    namespaceSelector: labelSelector().default({}).tag(5),
    sideEffects: string().required().pointer().tag(6),
    timeoutSeconds: int32().pointer().default(10).tag(7),
    admissionReviewVersions: list(string()).required().tag(8),
    matchPolicy: string().pointer().default('Equivalent').tag(9),
    objectSelector: labelSelector().default({}).tag(10),
    matchConditions: list(matchCondition()).keyedBy('name').tag(11),
  }));
export type ValidatingWebhook = TypeOf<ReturnType<typeof validatingWebhook>>;

export const ValidatingWebhookConfiguration = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingWebhookConfiguration', plural: 'validatingwebhookconfigurations',
  categories: ['api-extensions'], scope: 'Cluster', package: 'api.admissionregistration.v1',
  description: 'Webhooks that reject objects.',
  fields: {
    webhooks: list(validatingWebhook()).keyedBy('name').tag(2),
  },
  columns: { Webhooks: integer(({ webhooks }) => webhooks?.length ?? 0), Age: age },
});
export type ValidatingWebhookConfiguration = InstanceOf<typeof ValidatingWebhookConfiguration>;
