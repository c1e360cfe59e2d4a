import { expect, test } from 'vitest';
import { refusalOf, warningsFor } from './limits.ts';
import { completeConfiguration, readConfiguration } from './load.ts';
import { optionsOf, serverOptionsOf } from './options-of.ts';
import { opensslName } from './tls.ts';

const HEAD = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';
const complete = (text: string, own = {}) => completeConfiguration(readConfiguration(HEAD + text), own);

test('an empty file has upstream\'s defaults', () => {
  const config = complete('');
  expect(config).toMatchObject({
    enableServer: true, syncFrequency: '1m0s', port: 10_250, healthzPort: 10_248, nodeStatusReportFrequency: '5m0s', nodeLeaseDurationSeconds: 40, maxPods: 110, podPidsLimit: -1,
    authentication: { x509: {}, webhook: { enabled: true, cacheTTL: '2m0s' }, anonymous: { enabled: false } }, authorization: { mode: 'Webhook' }, serializeImagePulls: true,
    enforceNodeAllocatable: ['pods'], evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '10%', 'nodefs.inodesFree': '5%', 'imagefs.available': '15%', 'imagefs.inodesFree': '5%' },
    containerLogMaxSize: '10Mi', containerLogMaxFiles: 5, imageGCHighThresholdPercent: 85, crashLoopBackOff: { maxContainerRestartPeriod: '5m0s' }, resolvConf: '/etc/resolv.conf',
  });
});

test('zero is a wish where upstream has a pointer, and a duration of nothing is none', () => {
  expect(complete('registryPullQPS: 0\nhealthzPort: 0\nresolvConf: ""\nevictionHard: {}\nenforceNodeAllocatable: []\nsyncFrequency: 0s')).toMatchObject({
    registryPullQPS: 0, healthzPort: 0, resolvConf: '', evictionHard: {}, enforceNodeAllocatable: [], syncFrequency: '1m0s',
  });
});

test('some defaults follow from other fields', () => {
  expect(complete('maxParallelImagePulls: 3').serializeImagePulls).toBe(false);
  expect(complete('nodeStatusUpdateFrequency: 4s').nodeStatusReportFrequency).toBe('4s');
  expect(complete('mergeDefaultEvictionSettings: true\nevictionHard: {memory.available: 1Gi}').evictionHard).toMatchObject({ 'memory.available': '1Gi', 'nodefs.available': '10%' });
  expect(complete('evictionHard: {memory.available: 1Gi}').evictionHard).toEqual({ 'memory.available': '1Gi' });
});

test('the cluster\'s own defaults stand where the file says nothing', () => {
  expect(complete('maxPods: 7', { maxPods: 9, clusterDomain: 'x.test' })).toMatchObject({ maxPods: 7, clusterDomain: 'x.test' });
});

test.each([
  ['foo: 1', 'failed to decode: strict decoding error: unknown field "foo"'],
  ['authentication: {token: {}}', 'failed to decode: strict decoding error: unknown field "authentication.token"'],
  ['maxPods: many', 'failed to decode: json: cannot unmarshal string into Go struct field KubeletConfiguration.maxPods of type int32'],
  ['maxPods: 1\nmaxPods: 2', 'failed to decode: strict decoding error: yaml: unmarshal errors:\n  line 4: key "maxPods" already set in map'],
  ['syncFrequency: soon', 'time: invalid duration "soon"'],
])('%j is no configuration', (text, message) => expect(() => complete(text)).toThrow(message));

test('another kind or version is named', () => {
  expect(() => readConfiguration('apiVersion: kubelet.config.k8s.io/v1\nkind: KubeletConfiguration')).toThrow('no kind "KubeletConfiguration" is registered for version "kubelet.config.k8s.io/v1" in scheme');
  expect(() => readConfiguration('{}')).toThrow('Object \'Kind\' is missing in \'{}\'');
});

test.each([
  ['nodeLeaseDurationSeconds: -1', 'invalid configuration: nodeLeaseDurationSeconds must be greater than 0'],
  ['imageGCHighThresholdPercent: 101', 'invalid configuration: imageGCHighThresholdPercent (--image-gc-high-threshold) 101 must be between 0 and 100, inclusive'],
  ['imageGCHighThresholdPercent: 50', 'invalid configuration: imageGCLowThresholdPercent (--image-gc-low-threshold) 80 must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) 50'],
  ['topologyManagerPolicy: best', 'invalid configuration: topologyManagerPolicy (--topology-manager-policy) "best" must be one of: ["none" "best-effort" "restricted" "single-numa-node"]'],
  ['memorySwap: {swapBehavior: All}', 'invalid configuration: memorySwap.swapBehavior "All" must be one of: "", "LimitedSwap" or "NoSwap"'],
  ['shutdownGracePeriodCriticalPods: 5s', 'invalid configuration: shutdownGracePeriodCriticalPods {5s} must be <= shutdownGracePeriod {0s}'],
  ['containerLogMonitorInterval: 1s', 'invalid configuration: containerLogMonitorInterval must be a positive time duration greater than or equal to 3s'],
  ['containerLogMaxFiles: 1', 'invalid configuration: containerLogMaxFiles must be greater than 1'],
  ['enforceNodeAllocatable: [system-reserved]', 'invalid configuration: systemReservedCgroup (--system-reserved-cgroup) must be specified when "system-reserved" or "system-reserved-compressible" included in enforceNodeAllocatable (--enforce-node-allocatable)'],
  ['serializeImagePulls: true\nmaxParallelImagePulls: 2', 'invalid configuration: maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false'],
  ['imagePullCredentialsVerificationPolicy: Sometimes', 'invalid configuration: option "Sometimes" specified for imagePullCredentialsVerificationPolicy. Valid options are "NeverVerify", "NeverVerifyPreloadedImages", "NeverVerifyAllowlistedImages" or "AlwaysVerify"'],
  ['evictionSoft: {memory.available: 1Gi}', 'grace period must be specified for the soft eviction threshold memory.available'],
  ['evictionHard: {memory.left: 1Gi}', 'unsupported eviction signal memory.left'],
  ['crashLoopBackOff: {maxContainerRestartPeriod: 301s}', 'invalid configuration: CrashLoopBackOff.MaxContainerRestartPeriod (got: 301 seconds) must be set between 1s and 300s'],
  ['reservedSystemCPUs: 0-a', 'invalid configuration: unable to parse reservedSystemCPUs (--reserved-cpus) 0-a, error: strconv.Atoi: parsing "a": invalid syntax'],
  ['kubeReserved: {gpu: "1"}', 'cannot reserve "gpu" resource'],
  ['containerLogMaxSize: lots', 'failed to parse container log max size "lots": '],
  ['runOnce: true', 'invalid configuration: runOnce (--runOnce) true, Runonce mode has been deprecated and should not be set'],
  ['tlsCipherSuites: [TLS_NONE]', 'Cipher suite TLS_NONE not supported or doesn\'t exist'],
  ['registerWithTaints: [{key: a, effect: Never}]', 'invalid taint: {a  Never <nil>}'],
])('%j is invalid', (text, message) => expect(() => complete(text)).toThrow(message));

test('everything wrong is told at once', () => {
  expect(() => complete('maxPods: -1\nport: 70000')).toThrow('[invalid configuration: maxPods (--max-pods) -1 must not be a negative number, invalid configuration: port (--port) 70000 must be between 1 and 65535, inclusive]');
});

test('options say what the configuration does', () => {
  const options = optionsOf(complete('kubeReserved: {cpu: 100m, memory: 1Gi}\nsystemReserved: {cpu: "0.5", pid: "100"}\npodPidsLimit: 50\nstaticPodPath: /etc/pods\nmaxParallelImagePulls: 2\ncontainerLogMaxSize: 1Mi\nevictionSoft: {memory.available: 1Gi}\nevictionSoftGracePeriod: {memory.available: 30s}'));
  expect(options).toMatchObject({
    reserved: { cpuMillis: 600, memoryBytes: 2 ** 30, storageBytes: 0, pids: 100 }, podPidsLimit: 50, staticPods: { path: '/etc/pods', fileCheckPeriod: 20_000 },
    imagePulls: { parallel: 2, rate: { perSecond: 5, burst: 10 } }, containerLogs: { maxBytes: 2 ** 20, maxFiles: 5 }, eviction: { softGracePeriod: { 'memory.available': 30_000 } },
    healthz: { host: '127.0.0.1', port: 10_248 }, syncFrequency: 60_000, nodeStatus: { updatePeriod: 10_000, reportPeriod: 300_000, leaseSeconds: 40, mostImages: 50 },
  });
  expect(optionsOf(complete('')).podPidsLimit).toBeUndefined();
});

test('the server is as it is configured, or there is none', () => {
  const made = { tls: { cert: 'c', key: 'k' }, clientCa: 'ca' };
  const renewed = () => ({ [Symbol.dispose]: () => {} });
  expect(serverOptionsOf(complete(''), { ...made, renewed })).toMatchObject({ tls: made.tls, renewed });
  // The cluster's renewals must not replace a certificate of the user's.
  expect(serverOptionsOf(complete(''), { ...made, renewed }, { cert: 'own', key: 'own' })).not.toHaveProperty('renewed');
  expect(serverOptionsOf(complete('enableServer: false'), made)).toBeUndefined();
  expect(serverOptionsOf(complete('authentication: {anonymous: {enabled: true}}\ntlsMinVersion: VersionTLS13\nreadOnlyPort: 10255'), made, { clientCa: 'other' })).toMatchObject({
    ...made, clientCa: 'other', anonymous: true, tokens: true, authorization: 'Webhook', minVersion: 'TLSv1.3', readOnlyPort: 10_255, systemLogs: true,
  });
});

test('cipher suites by OpenSSL\'s names', () => {
  expect(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'TLS_RSA_WITH_AES_256_CBC_SHA', 'TLS_AES_128_GCM_SHA256'].map(opensslName)).toEqual([
    'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'AES256-SHA', 'TLS_AES_128_GCM_SHA256',
  ]);
});

test('what has no effect is told, and what would change pods\' lives is refused', () => {
  expect(warningsFor({ hairpinMode: 'none', maxPods: 4, contentType: 'application/vnd.kubernetes.protobuf' })).toEqual(['hairpinMode has no effect: the network and the proxy see to it']);
  const machine = { swapBytes: 1, cgroupVersion: 1 } as const;
  expect(refusalOf(complete('failSwapOn: false'), machine)).toBeUndefined();
  expect(refusalOf(complete(''), machine)).toMatch(/^running with swap on is not supported/);
  expect(refusalOf(complete('failSwapOn: false\nfailCgroupV1: true'), machine)).toMatch(/^kubelet is configured to not run on a host using cgroup v1/);
  expect(refusalOf(complete('failSwapOn: false\nsingleProcessOOMKill: false'), machine)).toBe('invalid configuration: singleProcessOOMKill must not be explicitly set to false when using cgroup v1');
  expect(refusalOf(complete('failSwapOn: false\nsingleProcessOOMKill: false'), { ...machine, cgroupVersion: 2 })).toBeUndefined();
  expect(refusalOf(complete('cgroupDriver: systemd'), machine)).toBe('cgroupDriver: systemd is not supported: cgroups are made as directories (cgroupfs)');
});
