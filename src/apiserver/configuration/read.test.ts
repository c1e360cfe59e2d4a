import { expect, test } from 'vitest';
import { choosePlugins } from '../admission/order.ts';
import { readApiConfiguration } from './read.ts';

const FILES: Readonly<Record<string, string>> = { 'limits.yaml': 'apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\nlimits: [{ type: User, qps: 5, burst: 10 }]\n' };
const read = (text: string) => readApiConfiguration(text, { readText: async (path) => FILES[path] ?? Promise.reject(new Error(`open ${path}: no such file or directory`)) });

const plugin = (configuration: string) => `
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- ${configuration}
`;
const podSecurity = (fields: string) => plugin(`{ name: PodSecurity, configuration: { apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration, ${fields} } }`);

test('plugins find their configuration in place, or in a file of its own', async () => {
  expect((await read(podSecurity('defaults: { enforce: baseline, warn: restricted, warn-version: v1.30 }, exemptions: { namespaces: [kube-system] }'))).admission!.plugins).toEqual({
    podSecurity: {
      defaults: { enforce: { level: 'baseline', version: 'latest' }, audit: { level: 'privileged', version: 'latest' }, warn: { level: 'restricted', version: 30 } },
      exemptions: { namespaces: ['kube-system'] },
    },
  });
  expect((await read(plugin('{ name: EventRateLimit, path: limits.yaml }'))).admission!.plugins).toEqual({ eventRateLimit: [{ type: 'User', qps: 5, burst: 10, cacheSize: 4096 }] });
  expect((await read(plugin('{ name: PodNodeSelector, configuration: { podNodeSelectorPluginConfig: { clusterDefaultNodeSelector: a=b, apps: c=d } } }'))).admission!.plugins)
    .toEqual({ podNodeSelector: { clusterDefaultNodeSelector: 'a=b', apps: 'c=d' } });
});

test.each([
  ['kind: Pod\napiVersion: v1', 'no kind "Pod" is registered for version "v1"'],
  ['kind: constructor\napiVersion: v1', 'no kind "constructor" is registered for version "v1"'],
  ['kind: AdmissionConfiguration\napiVersion: v7', 'no kind "AdmissionConfiguration" is registered for version "v7"'],
  ['apiVersion: v1', 'Object \'Kind\' is missing in \'{"apiVersion":"v1"}\''],
  [podSecurity('defauts: {}'), 'strict decoding error: unknown field "defauts"'],
  [podSecurity('defaults: { enforce: strict }'), 'defaults.enforce: Invalid value: "strict": must be one of privileged, baseline, restricted'],
  [plugin('{ name: EventRateLimit, path: gone.yaml }'), 'open gone.yaml: no such file or directory'],
  [plugin('{ name: EventRateLimit, configuration: { apiVersion: eventratelimit.admission.k8s.io/v1alpha1, kind: Configuration, limits: [{ type: Pod, qps: 1, burst: 1 }] } }'),
    'limits[0].type: Unsupported value: "Pod": supported values: "Namespace", "Server", "SourceAndObject", "User"'],
  [plugin('{ name: LimitRanger, configuration: { a: b } }'), 'admission plugin "LimitRanger" takes no configuration'],
  [`${plugin('{ name: PodSecurity }')}---${plugin('{ name: PodSecurity }')}`, 'there are two documents of kind AdmissionConfiguration'],
])('is refused: %s', async (text, why) => {
  await expect(read(text)).rejects.toThrow(why);
});

test('plugins are turned on and off by name', () => {
  const names = (wishes: Parameters<typeof choosePlugins>[0]) => choosePlugins(wishes).map(({ name }) => name);
  expect(names({})).not.toContain('AlwaysPullImages');
  expect(names({ enable: ['AlwaysPullImages'], disable: ['PodSecurity'] })).toEqual(expect.arrayContaining(['AlwaysPullImages']));
  expect(names({ disable: ['PodSecurity'] })).not.toContain('PodSecurity');
  expect(() => choosePlugins({ enable: ['Nothing'] })).toThrow('enable-admission-plugins plugin "Nothing" is unknown');
  expect(() => choosePlugins({ disable: ['RBACEscalation'] })).toThrow('disable-admission-plugins plugin "RBACEscalation" is unknown');
  expect(() => choosePlugins({ enable: ['Priority'], disable: ['Priority'] })).toThrow('[Priority] in enable-admission-plugins and disable-admission-plugins overlapped');
});
