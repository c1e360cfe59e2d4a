/** What the tests of admission webhooks have in common. */
import { MutatingWebhookConfiguration } from '../../../src/kinds/admissionregistration/mutating-webhook-configuration.ts';
import { ValidatingWebhookConfiguration } from '../../../src/kinds/admissionregistration/validating-webhook-configuration.ts';
import { ConfigMap } from '../../../src/kinds/core/config-map.ts';
import { isApiError } from '../../../src/meta/api-error.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import type { Context } from '../framework/context.ts';
import { type ServerPod, startServer } from '../framework/server-pod.ts';
import { test, type TestCase } from '../framework/test-case.ts';

export const admissionTest = (name: string, musts: readonly string[], run: (t: Context, server: ServerPod) => Promise<void>): TestCase =>
  test(`[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] ${name} [Conformance]`, { musts, timeoutSeconds: 300 }, async (t) => run(t, await startServer(t, { mode: 'webhook', name: 'e2e-test-webhook' })));

export type Rules = readonly { readonly operations: readonly string[]; readonly apiGroups: readonly string[]; readonly apiVersions: readonly string[]; readonly resources: readonly string[]; readonly scope?: string }[];
export const CONFIG_MAPS: Rules = [{ operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }];

/** A webhook of the test's server that looks at the test's namespace only. */
export function hook(t: Context, { service, caBundle }: ServerPod, { path, rules, ...more }: { readonly path: string; readonly rules: Rules; readonly [field: string]: unknown }) {
  return {
    name: `${path.slice(1)}.e2e.example.com`, rules, clientConfig: { service: { ...service, path }, caBundle }, sideEffects: 'None', admissionReviewVersions: ['v1'],
    failurePolicy: 'Fail', timeoutSeconds: 10, namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': t.namespace } }, ...more,
  };
}

export const KINDS = { Mutating: MutatingWebhookConfiguration, Validating: ValidatingWebhookConfiguration } as const;
export type Type = keyof typeof KINDS;
type Configuration = DeepPartial<MutatingWebhookConfiguration & ValidatingWebhookConfiguration>;

/** Registered for as long as the test lasts. */
export async function register(t: Context, type: Type, webhooks: readonly object[], labels: Readonly<Record<string, string>> = {}): Promise<string> {
  const name = t.name(`e2e-${type.toLowerCase()}`);
  await t.client.create(KINDS[type], { metadata: { name, labels }, webhooks } as Configuration);
  t.defer(() => t.client.delete(KINDS[type], name));
  return name;
}

export const configMap = (t: Context, data: Readonly<Record<string, string>>, namespace = t.namespace): Promise<ConfigMap> =>
  t.client.create(ConfigMap, { metadata: { name: t.name('cm') }, data }, { namespace });

/** What a call is refused with; undefined where it is not. */
export async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (isApiError(error)) return error.message;
    throw error;
  }
}
