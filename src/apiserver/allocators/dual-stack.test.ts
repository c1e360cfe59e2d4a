import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';

const SERVICES = '/api/v1/namespaces/default/services';
const service = (name: string, spec: Json = {}) => ({ metadata: { name }, spec: { selector: { a: 'b' }, ports: [{ port: 80 }], ...spec } });
const post = (api: TestApi, name: string, spec: Json = {}) => api.request('POST', SERVICES, service(name, spec));
const merge = (api: TestApi, name: string, spec: Json) =>
  api.request('PATCH', `${SERVICES}/${name}`, { spec }, { headers: { 'content-type': 'application/merge-patch+json' } });
const dualStack = () => startApi({ config: { serviceCidr: '10.96.0.0/16,fd00:96::/112' } });
const held = async (api: TestApi): Promise<readonly string[]> => (await api.request('GET', '/apis/networking.k8s.io/v1/ipaddresses')).body.items.map(({ metadata }: Json) => metadata.name);
const message = ({ body }: { body: Json }): string => body.message.replace(/^Service "." is invalid: /, '');

test('on one stack a service that must have two is refused, one that would like two has one', async () => {
  await using api = await startApi();

  const required = await post(api, 'a', { ipFamilyPolicy: 'RequireDualStack' });
  const foreign = await post(api, 'a', { ipFamilies: ['IPv6'] });
  const address = await post(api, 'a', { clusterIP: 'fd00::1' });
  const preferred = await post(api, 'b', { ipFamilyPolicy: 'PreferDualStack' });

  expect(message(required)).toBe('spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services');
  expect(message(foreign)).toBe('spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster');
  expect(message(address)).toBe('spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster');
  expect(preferred.body.spec).toMatchObject({ ipFamilies: ['IPv4'], ipFamilyPolicy: 'PreferDualStack' });
});

test('on two stacks policy and families decide, the first configured family being the default', async () => {
  await using api = await dualStack();

  const single = (await post(api, 'a')).body.spec;
  const six = (await post(api, 'b', { ipFamilies: ['IPv6'] })).body.spec;
  const both = (await post(api, 'c', { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6'] })).body.spec;
  const named = (await post(api, 'd', { ipFamilyPolicy: 'RequireDualStack', clusterIPs: ['fd00:96::10', '10.96.0.10'], clusterIP: 'fd00:96::10' })).body.spec;
  const contradicted = await post(api, 'e', { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'SingleStack' });

  expect(single).toMatchObject({ ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'], clusterIPs: [single.clusterIP] });
  expect(six.clusterIP).toMatch(/^fd00:96::/);
  expect(both).toMatchObject({ ipFamilies: ['IPv6', 'IPv4'], clusterIPs: [expect.stringMatching(/^fd00:96::/), expect.stringMatching(/^10\.96\./)] });
  expect(named).toMatchObject({ ipFamilies: ['IPv6', 'IPv4'], clusterIP: 'fd00:96::10', clusterIPs: ['fd00:96::10', '10.96.0.10'] });
  expect(message(contradicted)).toBe("spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified");
  expect((await held(api)).length).toBe(6);
});

test('a service gains a second address and gives it back', async () => {
  await using api = await dualStack();
  const { body: { spec: single } } = await post(api, 'a');

  const up = (await merge(api, 'a', { ipFamilyPolicy: 'RequireDualStack' })).body.spec;
  const refused = await merge(api, 'a', { clusterIPs: [single.clusterIP] });
  const kept = await api.request('PUT', `${SERVICES}/a`, service('a', { ipFamilyPolicy: 'RequireDualStack' }));
  const down = (await merge(api, 'a', { ipFamilyPolicy: 'SingleStack' })).body.spec;

  expect(up).toMatchObject({ ipFamilies: ['IPv4', 'IPv6'], clusterIPs: [single.clusterIP, expect.stringMatching(/^fd00:96::/)] });
  expect(message(refused)).toContain("spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": must be 'SingleStack' to release the secondary cluster IP");
  expect(kept.body.spec.clusterIPs).toEqual(up.clusterIPs);
  expect(down).toMatchObject({ ipFamilies: ['IPv4'], clusterIPs: [single.clusterIP] });
  expect(await held(api)).toEqual([single.clusterIP]);
});

test('a headless service without selector may have any families, one with a selector what the cluster has', async () => {
  await using single = await startApi();

  const open = (await post(single, 'a', { clusterIP: 'None', selector: {} })).body.spec;
  const openSingle = (await post(single, 'b', { clusterIP: 'None', selector: {}, ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] })).body.spec;
  const chosen = (await post(single, 'c', { clusterIP: 'None' })).body.spec;
  const foreign = await post(single, 'd', { clusterIP: 'None', ipFamilies: ['IPv6'] });

  expect(open).toMatchObject({ clusterIPs: ['None'], ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' });
  expect(openSingle.ipFamilies).toEqual(['IPv6']);
  expect(chosen).toMatchObject({ clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
  expect(message(foreign)).toBe('spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster');
  expect(await held(single)).toEqual([]);
});

test('an external name has none of it, and gets it all when it becomes a service', async () => {
  await using api = await dualStack();
  const { body: made } = await post(api, 'a', { ipFamilyPolicy: 'RequireDualStack' });

  const gone = (await api.request('PUT', `${SERVICES}/a`, { ...made, spec: { ...made.spec, type: 'ExternalName', externalName: 'example.com' } })).body;
  const none = await held(api);
  const back = (await api.request('PUT', `${SERVICES}/a`, { ...gone, spec: { ...gone.spec, type: 'ClusterIP', externalName: '' } })).body.spec;

  for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) expect(gone.spec).not.toHaveProperty(field);
  expect(none).toEqual([]);
  expect(back).toMatchObject({ ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'] });
});

test('addresses that make no sense together are refused before any is taken', async () => {
  await using api = await dualStack();

  const unpaired = await post(api, 'a', { clusterIPs: ['10.96.0.9'] });
  const twice = await post(api, 'a', { ipFamilyPolicy: 'RequireDualStack', clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9', '10.96.0.8'] });
  const crossed = await post(api, 'a', { clusterIP: '10.96.0.9', ipFamilies: ['IPv6'] });

  expect(message(unpaired)).toBe('spec.clusterIPs: Invalid value: ["10.96.0.9"]: must be empty when `clusterIP` is not specified');
  expect(message(twice)).toContain('may specify no more than one IP for each IP family');
  expect(message(crossed)).toContain('expected an IPv6 value as indicated by `ipFamilies[0]`');
});
