import { expect, test } from 'vitest';
import { podOf } from '../testing/pods.ts';
import { parseResolvConf, podDns } from './dns.ts';
import { hostsFile, kernelHostname } from './hosts.ts';

const NODE = parseResolvConf('nameserver 192.0.2.53\nsearch old.example\nsearch example.com corp.example.com.\noptions timeout:2 rotate\n# nameserver 1.1.1.1\n');
const CLUSTER = { servers: ['10.96.0.10'], domain: 'cluster.local' };
const dnsOf = (spec: object, cluster = CLUSTER) => podDns(podOf({ containers: [{ name: 'a' }], ...spec }), NODE, cluster);

test('the node\'s resolver configuration is read as resolv.conf(5) has it', () => {
  expect(NODE).toEqual({ servers: ['192.0.2.53'], searches: ['example.com', 'corp.example.com'], options: ['timeout:2', 'rotate'] });
});

test('a pod asks the cluster\'s DNS first and searches its namespace', () => {
  expect(dnsOf({}).dns).toEqual({
    servers: ['10.96.0.10'], searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.com', 'corp.example.com'], options: ['ndots:5'],
  });
});

test('other policies: the node\'s, or nothing but the pod\'s own', () => {
  expect(dnsOf({ dnsPolicy: 'Default' }).dns).toEqual(NODE);
  expect(dnsOf({ hostNetwork: true }).dns).toEqual(NODE);
  expect(dnsOf({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }).dns.servers).toEqual(['10.96.0.10']);
  const own = { nameservers: ['1.2.3.4'], searches: ['my.ns'], options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] };
  expect(dnsOf({ dnsPolicy: 'None', dnsConfig: own }).dns).toEqual({ servers: ['1.2.3.4'], searches: ['my.ns'], options: ['ndots:2', 'edns0'] });
  expect(dnsOf({ dnsConfig: own }).dns).toMatchObject({ servers: ['10.96.0.10', '1.2.3.4'], options: ['ndots:2', 'edns0'] });
});

test('without a cluster DNS a pod gets the node\'s, and that is said', () => {
  expect(dnsOf({}, { servers: [], domain: 'cluster.local' })).toEqual({ dns: NODE, missing: true });
});

test('host names: the pod\'s, cut to 63, in full where asked for', () => {
  const named = (spec: object, name = 'web') => kernelHostname(podOf({ containers: [{ name: 'a' }], ...spec }, { name }), 'cluster.local');
  expect(named({})).toBe('web');
  expect(named({ hostname: 'h', subdomain: 's' })).toBe('h');
  expect(named({ hostname: 'h', subdomain: 's', setHostnameAsFQDN: true })).toBe('h.s.default.svc.cluster.local');
  expect(named({}, `${'a'.repeat(62)}-b`)).toBe('a'.repeat(62));
  const long = () => named({ hostname: 'h'.repeat(37), subdomain: 's', setHostnameAsFQDN: true });
  expect(long).toThrow(`failed to construct FQDN from pod hostname and cluster domain, FQDN ${'h'.repeat(37)}.s.default.svc.cluster.local is too long (64 characters is the max, 65 characters requested)`);
});

test('the hosts file names the pod under each of its addresses, then what it asked for', () => {
  const pod = podOf({ containers: [{ name: 'a' }], subdomain: 's', hostAliases: [{ ip: '10.0.0.9', hostnames: ['x', 'y'] }] });
  const text = hostsFile(pod, { clusterDomain: 'cluster.local', podIps: ['10.244.0.7', 'fd00::7'], nodeHosts: '' });
  expect(text.split('\n').slice(7)).toEqual([
    '10.244.0.7\tweb.s.default.svc.cluster.local\tweb', 'fd00::7\tweb.s.default.svc.cluster.local\tweb', '', '# Entries added by HostAliases.', '10.0.0.9\tx\ty', '',
  ]);
  const onHost = podOf({ containers: [{ name: 'a' }], hostNetwork: true });
  expect(hostsFile(onHost, { clusterDomain: '', podIps: ['192.0.2.1'], nodeHosts: '127.0.0.1 me\n' })).toBe('# Kubernetes-managed hosts file (host network).\n127.0.0.1 me\n');
});
