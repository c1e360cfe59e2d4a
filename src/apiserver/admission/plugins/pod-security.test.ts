import { expect, test } from 'vitest';
import { ADMIN, type Json, startApi, type TestApi } from '../../testing/start-api.ts';

const NAMESPACES = '/api/v1/namespaces';
const PODS = `${NAMESPACES}/guarded/pods`;
const label = (mode: string) => `pod-security.kubernetes.io/${mode}`;
const namespace = (labels: Readonly<Record<string, string>>): Json => ({ metadata: { name: 'guarded', labels } });
const BAD = { hostNetwork: true, containers: [{ name: 'a', image: 'b' }] };
const pod = (spec: object = BAD, name = 'web'): Json => ({ metadata: { name }, spec });
const WHY = 'violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)';

async function guarded(labels: Readonly<Record<string, string>>, more: Parameters<typeof startApi>[0] = {}): Promise<TestApi> {
  const api = await startApi(more);
  await api.request('POST', NAMESPACES, namespace(labels));
  await api.request('POST', `${NAMESPACES}/guarded/serviceaccounts`, { metadata: { name: 'default' } });
  return api;
}

test('a pod that breaks the standard its namespace enforces is refused', async () => {
  await using api = await guarded({ [label('enforce')]: 'baseline' });

  const { status, body } = await api.request('POST', PODS, pod());

  expect([status, body.reason, body.message]).toEqual([403, 'Forbidden', `pods "web" is forbidden: ${WHY}`]);
  expect((await api.request('POST', PODS, pod({ containers: [{ name: 'a', image: 'b' }] }))).status).toBe(201);
});

test('a standard that only warns lets in and says so, of pods and of what makes them', async () => {
  await using api = await guarded({ [label('warn')]: 'baseline', [label('warn-version')]: 'v1.28' });
  const warning = '299 - "would violate PodSecurity \\"baseline:v1.28\\": host namespaces (hostNetwork=true)"';
  const template = { metadata: { labels: { app: 'web' } }, spec: BAD };
  const selector = { matchLabels: { app: 'web' } };

  expect((await api.request('POST', PODS, pod())).headers['warning']).toBe(warning);
  for (const [path, object] of [
    ['apis/apps/v1/namespaces/guarded/deployments', { metadata: { name: 'web' }, spec: { selector, template } }],
    ['apis/batch/v1/namespaces/guarded/cronjobs', { metadata: { name: 'web' }, spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: { ...BAD, restartPolicy: 'Never' } } } } } }],
    ['api/v1/namespaces/guarded/podtemplates', { metadata: { name: 'web' }, template }],
  ] as const) {
    const { status, headers } = await api.request('POST', `/${path}`, object);
    expect([path, status, headers['warning']]).toEqual([path, 201, warning]);
  }
});

test('what makes forbidden pods is let in: its pods are not', async () => {
  await using api = await guarded({ [label('enforce')]: 'baseline' });
  const { status, headers } = await api.request('POST', '/apis/apps/v1/namespaces/guarded/deployments', {
    metadata: { name: 'web' }, spec: { selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: BAD } },
  });
  expect([status, headers['warning']]).toEqual([201, undefined]);
});

test('audit is told by which standard, and what it would have refused', async () => {
  const lines: string[] = [];
  await using api = await guarded({ [label('enforce')]: 'privileged', [label('audit')]: 'baseline' }, { config: { audit: (line) => lines.push(line) } });

  await api.request('POST', PODS, pod());

  const { annotations } = JSON.parse(lines.filter((line) => line.includes('/pods"')).at(-1)!) as { annotations: object };
  expect(annotations).toMatchObject({
    'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
    'pod-security.kubernetes.io/audit-violations': 'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
  });
});

test('labels of a namespace that say nothing known are refused, but may stay', async () => {
  await using api = await startApi();
  const labels = { [label('enforce')]: 'strict', [label('warn-version')]: 'v2' };

  const { status, body } = await api.request('POST', NAMESPACES, namespace(labels));

  expect([status, body.message]).toEqual([422, 'Namespace "guarded" is invalid: ['
    + 'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted, '
    + 'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "v2": must be "latest" or "v1.x"]']);
});

test('a namespace that is to enforce more names the pods that break it already', async () => {
  await using api = await guarded({});
  for (const name of ['b', 'a', 'c']) await api.request('POST', PODS, pod(name === 'c' ? { containers: [{ name: 'x', image: 'y', securityContext: { privileged: true } }] } : BAD, name));

  const { status, headers } = await api.request('PATCH', `${NAMESPACES}/guarded`, namespace({ [label('enforce')]: 'baseline' }), { headers: { 'content-type': 'application/merge-patch+json' } });

  expect(status).toBe(200);
  expect(headers['warning']).toBe([
    'existing pods in namespace \\"guarded\\" violate the new PodSecurity enforce level \\"baseline:latest\\"', 'a (and 1 other pod): host namespaces', 'c: privileged',
  ].map((text) => `299 - "${text}"`).join(', '));
});

test('a running pod may be changed where nothing changes that the standard asks about', async () => {
  await using api = await guarded({});
  await api.request('POST', PODS, pod());
  const patch = (path: string, body: object) => api.request('PATCH', path, body, { headers: { 'content-type': 'application/strategic-merge-patch+json' } });
  await patch(`${NAMESPACES}/guarded`, namespace({ [label('enforce')]: 'baseline' }));

  expect((await patch(`${PODS}/web`, { metadata: { labels: { a: 'b' } } })).status).toBe(200);
  expect((await patch(`${PODS}/web`, { spec: { containers: [{ name: 'a', image: 'c' }] } })).body.message).toBe(`pods "web" is forbidden: ${WHY}`);
  expect((await patch(`${PODS}/web/ephemeralcontainers`, { spec: { ephemeralContainers: [{ name: 'debug', image: 'c' }] } })).body.message).toBe(`pods "web" is forbidden: ${WHY}`);
});

test('exempt are namespaces, users and runtime classes; defaults hold where labels say nothing', async () => {
  const baseline = { level: 'baseline', version: 'latest' } as const;
  const free = { level: 'privileged', version: 'latest' } as const;
  const config = (exemptions: object) => ({ config: { admission: { plugins: { podSecurity: { defaults: { enforce: baseline, audit: free, warn: free }, exemptions } } } } });
  const outcome = async (exemptions: object) => {
    await using api = await guarded({}, config(exemptions));
    await api.request('POST', '/apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: 'kata' }, handler: 'kata' });
    return (await api.request('POST', PODS, pod({ ...BAD, runtimeClassName: 'kata' }))).status;
  };
  expect(await outcome({})).toBe(403);
  expect(await outcome({ namespaces: ['guarded'] })).toBe(201);
  expect(await outcome({ usernames: [ADMIN.username] })).toBe(201);
  expect(await outcome({ runtimeClasses: ['kata'] })).toBe(201);
});
