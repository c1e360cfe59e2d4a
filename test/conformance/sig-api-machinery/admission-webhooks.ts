import { readObject } from '../../../src/client/index.ts';
import { MutatingWebhookConfiguration } from '../../../src/kinds/admissionregistration/mutating-webhook-configuration.ts';
import { ValidatingWebhookConfiguration } from '../../../src/kinds/admissionregistration/validating-webhook-configuration.ts';
import { ConfigMap } from '../../../src/kinds/core/config-map.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import { check } from '../framework/assert.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { customAdmission } from './custom-admission.ts';
import { admissionTest, CONFIG_MAPS, configMap, hook, KINDS, refusal, register, type Rules, type Type } from './webhooks.ts';

const START = { 'mutation-start': 'yes' };
const BAD = { 'webhook-e2e-test': 'webhook-disallow' };
const isMutated = ({ data }: ConfigMap): boolean => data?.['mutation-stage-1'] === 'yes';
const PODS: Rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }];

/** Ten at once, found and removed by their label. */
function listing(type: Type, has: (t: Context) => Promise<boolean>): TestCase {
  const [acts, rests] = type === 'Mutating' ? ['the object is mutated', 'the object is not mutated'] : ['the create is denied', 'the create is not denied'];
  const musts = ['all are listed', acts, 'all are deleted', rests];
  return admissionTest(`listing ${type.toLowerCase()} webhooks should work`, musts, async (t, server) => {
    const label = t.name('list');
    const path = type === 'Mutating' ? '/mutating-data' : '/data';
    for (let i = 0; i < 10; i++) await register(t, type, [hook(t, server, { path, rules: CONFIG_MAPS })], { label });
    const labelSelector = `label=${label}`;
    t.must(musts[0]!, (await t.client.list(KINDS[type], { labelSelector })).items.length === 10);
    t.must(musts[1]!, await has(t));
    await t.client.deleteCollection(KINDS[type], { labelSelector });
    t.must(musts[2]!, (await t.client.list(KINDS[type], { labelSelector })).items.length === 0);
    t.must(musts[3]!, !(await has(t)));
  });
}

/** Its rules are changed twice: away from creations by an update, back by a patch. */
function changing(type: Type, has: (t: Context) => Promise<boolean>): TestCase {
  const musts = type === 'Mutating' ? ['not mutated while it applies to updates alone', 'mutated once it applies to creations'] : ['not denied while it applies to updates alone', 'denied once it applies to creations'];
  return admissionTest(`patching/updating a ${type.toLowerCase()} webhook should work`, musts, async (t, server) => {
    const path = type === 'Mutating' ? '/mutating-data' : '/data';
    const name = await register(t, type, [hook(t, server, { path, rules: CONFIG_MAPS })]);
    check(await has(t), 'it applies at first');
    const rules = (operations: readonly string[]) => [{ ...CONFIG_MAPS[0]!, operations }];
    await t.eventually('the update succeeds', async () => {
      const current = await t.client.get(KINDS[type], name);
      const webhooks = (current.webhooks ?? []).map((one) => ({ ...one, rules: rules(['UPDATE']) }));
      return t.client.update(KINDS[type], { ...current, webhooks } as typeof current);
    });
    t.must(musts[0]!, !(await has(t)));
    await t.client.patch(KINDS[type], name, { type: 'json', body: [{ op: 'replace', path: '/webhooks/0/rules/0/operations/0', value: 'CREATE' }] });
    t.must(musts[1]!, await has(t));
  });
}

const mutates = async (t: Context): Promise<boolean> => isMutated(await configMap(t, START));
const denies = async (t: Context): Promise<boolean> => (await refusal(configMap(t, BAD)))?.includes('denied') ?? false;

const attaching = admissionTest('should be able to deny attaching pod', ['attaching is denied'], async (t, server) => {
  const { metadata } = await t.pods.running({});
  await register(t, 'Validating', [hook(t, server, { path: '/attach', rules: [{ operations: ['CONNECT'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/attach'] }] })]);
  const why = await refusal(t.client.request({ method: 'GET', url: `/api/v1/namespaces/${t.namespace}/pods/${metadata.name}/attach?stdout=true`, signal: t.signal }));
  t.must('attaching is denied', why?.includes('attaching to pods is not allowed') ?? false, why);
});

const COMPLIANCE = ['what does not comply is denied', 'a hanging webhook is a timeout', 'the pod that made it hang is denied', 'an exempt namespace is allowed'];

const denying = admissionTest('should be able to deny pod and configmap creation', COMPLIANCE, async (t, server) => {
  await register(t, 'Validating', [hook(t, server, { path: '/pods', rules: PODS, timeoutSeconds: 3 }), hook(t, server, { path: '/data', rules: CONFIG_MAPS })]);
  const pod = (labels: Readonly<Record<string, string>>) => t.client.create(Pod, t.pods.object({ labels }), { namespace: t.namespace });
  const named = t.pods.object({});
  const container = { ...t.pods.container('webhook-disallow', 'true') };
  const { metadata } = await configMap(t, { fine: 'yes' });
  const at = { namespace: t.namespace };
  const denials = [
    await refusal(pod(BAD)), await refusal(t.client.create(Pod, { ...named, spec: { ...named.spec, containers: [container] } }, at)), await refusal(configMap(t, BAD)),
    await refusal(t.client.patch(ConfigMap, metadata.name, { type: 'merge', body: { data: BAD } }, at)),
    await refusal(t.client.get(ConfigMap, metadata.name, at).then((current) => t.client.update(ConfigMap, { ...current, data: BAD }, at))),
  ];
  t.must(COMPLIANCE[0]!, denials.every((one) => one?.includes('denied the request')), JSON.stringify(denials));
  const hung = await refusal(pod({ 'webhook-e2e-test': 'wait' }));
  t.must(COMPLIANCE[1]!, hung?.includes('deadline') ?? false, hung);
  t.must(COMPLIANCE[2]!, (await t.pods.list('webhook-e2e-test=wait')).length === 0);
  const exempt = await t.makeNamespace(t.name('conformance-exempt'));
  t.must(COMPLIANCE[3]!, (await refusal(configMap(t, BAD, exempt))) === undefined);
});

const timeouts = admissionTest('should honor timeout', ['times out where it must not be ignored', 'waits where there is time'], async (t, server) => {
  const outcome = async (timeoutSeconds: number | undefined, failurePolicy: string) => {
    const name = await register(t, 'Validating', [hook(t, server, { path: '/slow', rules: CONFIG_MAPS, failurePolicy, timeoutSeconds })]);
    const why = await refusal(configMap(t, {}));
    await t.client.delete(ValidatingWebhookConfiguration, name);
    return why;
  };
  const late = await outcome(1, 'Fail');
  t.must('times out where it must not be ignored', late?.includes('deadline') ?? false, late);
  check((await outcome(1, 'Ignore')) === undefined, 'a late answer is ignored where it may be');
  t.must('waits where there is time', (await outcome(10, 'Fail')) === undefined && (await outcome(undefined, 'Fail')) === undefined);
});

const IN_DISCOVERY = ['the group is in /apis', 'the version is in /apis', 'the resources are in the version\'s document'];

const discovery = test('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should include webhook resources in discovery documents [Conformance]', { musts: IN_DISCOVERY }, async (t) => {
  const get = async <T>(url: string): Promise<T> => readObject<T>(await t.client.request({ method: 'GET', url, signal: t.signal }));
  const { groups } = await get<{ groups: readonly { name: string; versions: readonly { groupVersion: string }[] }[] }>('/apis');
  const group = groups.find(({ name }) => name === 'admissionregistration.k8s.io');
  t.must(IN_DISCOVERY[0]!, group !== undefined);
  t.must(IN_DISCOVERY[1]!, group?.versions.some(({ groupVersion }) => groupVersion === 'admissionregistration.k8s.io/v1') ?? false);
  const { resources } = await get<{ resources: readonly { name: string }[] }>('/apis/admissionregistration.k8s.io/v1');
  t.must(IN_DISCOVERY[2]!, ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'].every((one) => resources.some(({ name }) => name === one)));
});

const ordered = admissionTest('should mutate configmap', ['both stages are added'], async (t, server) => {
  await register(t, 'Mutating', [
    hook(t, server, { path: '/mutating-data', rules: CONFIG_MAPS, name: 'first.e2e.example.com' }), hook(t, server, { path: '/mutating-data', rules: CONFIG_MAPS, name: 'second.e2e.example.com' }),
  ]);
  const { data } = await configMap(t, START);
  t.must('both stages are added', data?.['mutation-stage-1'] === 'yes' && data['mutation-stage-2'] === 'yes', JSON.stringify(data));
});

const defaults = admissionTest('should mutate pod and apply defaults after mutation', ['the init container is there', 'its termination message policy is defaulted'], async (t, server) => {
  await register(t, 'Mutating', [hook(t, server, { path: '/mutating-pods', rules: PODS })]);
  const { spec } = await t.pods.create({ name: 'webhook-to-be-mutated' });
  const [added] = spec.initContainers ?? [];
  t.must('the init container is there', added?.name === 'webhook-added-init-container');
  t.must('its termination message policy is defaulted', added?.terminationMessagePolicy === 'File');
});

const ITSELF = ['creation and deletion are allowed', 'nothing is mutated'];

const configurations = admissionTest('should not be able to mutate or prevent deletion of webhook configuration objects', ITSELF, async (t, server) => {
  const label = { 'e2e-webhook-of': t.namespace };
  const rules = (operations: readonly string[]): Rules => [{ operations, apiGroups: ['admissionregistration.k8s.io'], apiVersions: ['*'], resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'] }];
  const selected = { namespaceSelector: {}, objectSelector: { matchLabels: label } };
  await register(t, 'Validating', [hook(t, server, { path: '/always-deny', rules: rules(['DELETE']), ...selected })]);
  await register(t, 'Mutating', [hook(t, server, { path: '/add-label', rules: rules(['CREATE']), ...selected })]);
  const dummy = hook(t, server, { path: '/data', rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['invalid'] }] });
  const names = { Mutating: await register(t, 'Mutating', [dummy], label), Validating: await register(t, 'Validating', [dummy], label) };
  const made = [await t.client.get(MutatingWebhookConfiguration, names.Mutating), await t.client.get(ValidatingWebhookConfiguration, names.Validating)];
  t.must(ITSELF[1]!, made.every(({ metadata }) => metadata.labels?.['added-label'] === undefined));
  const refusals = [await refusal(t.client.delete(MutatingWebhookConfiguration, names.Mutating)), await refusal(t.client.delete(ValidatingWebhookConfiguration, names.Validating))];
  t.must(ITSELF[0]!, refusals.every((one) => one === undefined), JSON.stringify(refusals));
});

const closed = admissionTest('should unconditionally reject operations on fail closed webhook', ['everything is denied'], async (t, server) => {
  const { namespace } = t;
  // Nobody vouches for its certificate.
  const { caBundle: _, ...clientConfig } = hook(t, server, { path: '/data', rules: CONFIG_MAPS }).clientConfig;
  await register(t, 'Validating', [{ ...hook(t, server, { path: '/data', rules: CONFIG_MAPS }), clientConfig }]);
  const why = await refusal(configMap(t, {}, namespace));
  t.must('everything is denied', why?.includes('failed calling webhook') ?? false, why);
});

export const admissionWebhooks: readonly TestCase[] = [
  listing('Mutating', mutates), listing('Validating', denies), changing('Mutating', mutates), changing('Validating', denies),
  attaching, denying, timeouts, discovery, ordered, defaults, configurations, closed, ...customAdmission,
];
