import type { Client } from '../../../client/index.ts';
import { MutatingWebhookConfiguration } from '../../../kinds/admissionregistration/mutating-webhook-configuration.ts';
import { ValidatingWebhookConfiguration } from '../../../kinds/admissionregistration/validating-webhook-configuration.ts';
import { CustomResourceDefinition } from '../../../kinds/apiextensions/custom-resource-definition.ts';
import { isApiError } from '../../../meta/api-error.ts';
import { type AdmissionHook, pathOf, type Webhook } from './declare.ts';

/** How the API server reaches a path of this server. */
export type ClientConfigOf = (path: string) => object;

const CONFIGURATIONS = { mutating: MutatingWebhookConfiguration, validating: ValidatingWebhookConfiguration } as const;

/** One webhook as a configuration has it. Equivalent versions are asked about too, so that none slips by. */
export function webhookOf(hook: AdmissionHook, clientConfigOf: ClientConfigOf): object {
  const { group, version, plural, scope } = hook.resource;
  const { operations = ['CREATE', 'UPDATE'], failurePolicy = 'Fail', sideEffects = 'None', timeoutSeconds = 10, ...more } = hook.options;
  return {
    name: `${hook.type === 'mutating' ? 'default' : 'validate'}.${version}.${plural}.${group || 'core'}`,
    clientConfig: clientConfigOf(pathOf(hook)), admissionReviewVersions: ['v1'], matchPolicy: 'Equivalent', failurePolicy, sideEffects, timeoutSeconds, ...more,
    rules: [{ apiGroups: [group], apiVersions: [version], resources: [plural], operations, scope }],
  };
}

/** Makes the API server ask: by server-side apply, so that what others say of a configuration stays. */
export async function applyConfigurations(
  client: Client, hooks: readonly Webhook[], { name, clientConfigOf }: { readonly name: string; readonly clientConfigOf: ClientConfigOf },
): Promise<void> {
  for (const type of ['mutating', 'validating'] as const) {
    const webhooks = hooks.filter((hook): hook is AdmissionHook => hook.type === type).map((hook) => webhookOf(hook, clientConfigOf));
    if (webhooks.length === 0) continue;
    const resource = CONFIGURATIONS[type];
    const body = { apiVersion: 'admissionregistration.k8s.io/v1', kind: resource.kind, metadata: { name }, webhooks };
    await client.patch(resource, name, { type: 'apply', body }, { fieldManager: name, force: true });
  }
  for (const hook of hooks) {
    if (hook.type !== 'conversion') continue;
    const webhook = { conversionReviewVersions: ['v1'], clientConfig: clientConfigOf(pathOf(hook)) };
    const body = { spec: { conversion: { strategy: 'Webhook', webhook } } };
    await client.patch(CustomResourceDefinition, `${hook.hub.plural}.${hook.hub.group}`, { type: 'merge', body }, { fieldManager: name }).catch((error: unknown) => {
      // Whoever installs the operator may do so before its definitions.
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }
}
