import { expect, test } from 'vitest';
import type { Service } from '../kinds/core/service.ts';
import type { EndpointSlice } from '../kinds/discovery/endpoint-slice.ts';
import { RulesetTracker } from './tracker.ts';
import { endpoint, service, slice } from './testing/objects.ts';

function arrange() {
  const services = new Map<string, Service>();
  const slices = new Map<string, readonly EndpointSlice[]>();
  const conflicts: string[] = [];
  const tracker = new RulesetTracker({
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    slices: (key) => slices.get(key) ?? [],
    keys: () => [...services.keys()],
    node: () => ({ name: 'here' }),
  }, (claim, one, owner) => conflicts.push(`${one}: ${claim} is ${owner}'s`));
  const put = (name: string, spec: Parameters<typeof service>[0], endpoints: Parameters<typeof slice>[0] = []) => {
    const made = service(spec);
    services.set(`ns1/${name}`, { ...made, metadata: { ...made.metadata, name } });
    slices.set(`ns1/${name}`, [slice(endpoints)]);
    tracker.touch(`ns1/${name}`);
  };
  const remove = (name: string) => {
    services.delete(`ns1/${name}`);
    tracker.touch(`ns1/${name}`);
  };
  return { tracker, put, remove, conflicts };
}

test('only what differs is told, with what it was', () => {
  const { tracker, put, remove } = arrange();
  put('a', { clusterIP: '10.96.0.1' }, [endpoint('10.0.0.1')]);
  put('b', { clusterIP: '10.96.0.2' });
  expect([...tracker.refresh().keys()]).toEqual(['ns1/a:p80/tcp/ipv4', 'ns1/b:p80/tcp/ipv4']);
  tracker.touchAll();
  expect(tracker.refresh().size).toBe(0);
  put('a', { clusterIP: '10.96.0.1' }, [endpoint('10.0.0.2')]);
  const [[key, before] = []] = tracker.refresh();
  expect([key, before?.cluster[0]?.address, tracker.ports.get(key!)?.cluster[0]?.address]).toEqual(['ns1/a:p80/tcp/ipv4', '10.0.0.1', '10.0.0.2']);
  remove('a');
  expect([...tracker.refresh().keys()]).toEqual(['ns1/a:p80/tcp/ipv4']);
  expect([...tracker.ports.keys()]).toEqual(['ns1/b:p80/tcp/ipv4']);
});

test('an external address that two Services claim is the first one\'s until it lets go', () => {
  const { tracker, put, remove, conflicts } = arrange();
  put('a', { clusterIP: '10.96.0.1', externalIPs: ['9.9.9.9'] });
  tracker.refresh();
  put('b', { clusterIP: '10.96.0.2', externalIPs: ['9.9.9.9', '9.9.9.8'] });
  tracker.refresh();
  expect(tracker.ports.get('ns1/b:p80/tcp/ipv4')?.externalIps).toEqual(['9.9.9.8']);
  expect(conflicts).toEqual(['ns1/b: 9.9.9.9 tcp/80 is ns1/a\'s']);
  remove('a');
  tracker.refresh();
  expect(tracker.ports.get('ns1/b:p80/tcp/ipv4')?.externalIps).toEqual(['9.9.9.9', '9.9.9.8']);
});
