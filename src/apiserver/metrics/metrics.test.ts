import { expect, test } from 'vitest';
import { startApi } from '../testing/start-api.ts';
import { expose } from '../../base/metrics/exposition.ts';
import { Histogram, labels, Values } from '../../base/metrics/family.ts';

const JANE = { certificate: { commonName: 'jane', organizations: ['system:masters'], expires: Date.UTC(2026, 0, 8) } };

test('metrics count requests by verb, resource and code', async () => {
  await using api = await startApi();
  await api.request('GET', '/api/v1/namespaces/default/pods/x');

  const { text } = await api.request('GET', '/metrics');

  expect(text).toContain('apiserver_request_total{code="404",verb="GET",group="",version="v1",resource="pods",subresource="",scope="resource",component="apiserver",dry_run=""} 1');
  expect(text).toContain('apiserver_request_sli_duration_seconds_bucket{verb="GET",group="",version="v1",resource="pods",subresource="",scope="resource",component="apiserver",le="0.05"} 1');
  expect(text).toContain('apiserver_storage_objects{resource="namespaces"} 4');
  expect(text).toContain('etcd_requests_total{group="",operation="create",resource="namespaces"} 4');
});

test('every family has its HELP and TYPE once, and no sample comes twice', async () => {
  await using api = await startApi();
  await api.request('GET', '/api/v1/pods', undefined, JANE);
  await api.request('PATCH', '/api/v1/namespaces/default/pods/x?dryRun=All', '{}', { headers: { 'content-type': 'application/merge-patch+json' } });

  const lines = (await api.request('GET', '/metrics')).text.trimEnd().split('\n');

  const types = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]!);
  const samples = lines.filter((line) => !line.startsWith('#')).map((line) => line.slice(0, line.lastIndexOf(' ')));
  expect(types).toEqual([...new Set(types)]);
  expect(samples.filter((sample, at) => samples.indexOf(sample) !== at)).toEqual([]);
  expect(samples.filter((sample) => !types.some((type) => sample.startsWith(type)))).toEqual([]);
});

test('names of resources that do not exist never become labels', async () => {
  await using api = await startApi();
  await api.request('GET', '/api/v1/namespaces/default/rubbish1/x');
  await api.request('GET', '/apis/rubbish2/v1/things');

  expect((await api.request('GET', '/metrics')).text).not.toContain('rubbish');
});

test('how long a client certificate still lasts is observed', async () => {
  await using api = await startApi();
  await api.request('GET', '/api/v1/pods', undefined, JANE);

  expect((await api.request('GET', '/metrics')).text).toContain('apiserver_client_certificate_expiration_seconds_bucket{le="604800"} 1');
});

test('watches and what they are sent are counted', async () => {
  await using api = await startApi();
  const watch = await api.watch('/api/v1/namespaces?watch=true');
  await watch.take(4);

  const { text } = await api.request('GET', '/metrics');

  expect(text).toContain('apiserver_watch_events_total{group="",kind="Namespace",version="v1"} 4');
  expect(text).toContain('apiserver_longrunning_requests{component="apiserver",group="",resource="namespaces",scope="cluster",subresource="",verb="WATCH",version="v1"} 1');
  watch.stop();
});

test('/metrics/slis tells how the health checks went', async () => {
  await using api = await startApi();
  await api.request('GET', '/readyz');

  const { text } = await api.request('GET', '/metrics/slis');

  expect(text).toContain('kubernetes_healthcheck{name="etcd",type="readyz"} 1');
  expect(text).toContain('kubernetes_healthchecks_total{name="etcd",status="success",type="readyz"} 1');
  expect(text).not.toContain('apiserver_request_total');
});

test('who asks for OpenMetrics gets it', async () => {
  await using api = await startApi();

  const { text, headers } = await api.request('GET', '/metrics', undefined, { headers: { accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' } });

  expect(headers['content-type']).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
  expect(text).toContain('# TYPE apiserver_request counter\n');
  expect(text).toMatch(/# EOF\n$/);
});

test('the process and other rooms give what they know', async () => {
  const seen = new Values();
  seen.add(labels({ name: 'a "b"\n' }), 2);
  await using api = await startApi({
    config: {
      version: { gitVersion: 'v1.36.0' },
      process: () => ({ startTimeSeconds: 10, cpuSeconds: 1.5, residentBytes: 4096, openFds: 7 }),
      metrics: () => [{ name: 'workqueue_adds_total', type: 'counter', help: 'Adds.', samples: seen }],
    },
  });

  const { text } = await api.request('GET', '/metrics');

  expect(text).toContain('process_open_fds 7\n');
  expect(text).toContain('workqueue_adds_total{name="a \\"b\\"\\n"} 2\n');
  expect(text).toContain('git_version="v1.36.0",go_version="",major="1",minor="36"');
});

test('a histogram is written cumulated, with its sum and its count', () => {
  const histogram = new Histogram([1, 5]);
  for (const value of [0.5, 1, 3, 9]) histogram.observe(value);

  const text = expose([{ name: 'h', type: 'histogram', help: 'H.', samples: [{ labels: 'a="b"', value: histogram }] }]);

  expect(text).toBe('# HELP h H.\n# TYPE h histogram\nh_bucket{a="b",le="1"} 2\nh_bucket{a="b",le="5"} 3\nh_bucket{a="b",le="+Inf"} 4\nh_sum{a="b"} 13.5\nh_count{a="b"} 4\n');
});
