import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { podOf } from '../testing/pods.ts';
import { readNodeSecurity } from './node-security.ts';
import { dottedName, sysctlRule } from './sysctls.ts';
import { openUserNamespaces } from './user-namespaces.ts';

async function tree(files: Readonly<Record<string, string>> = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-security-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
const podWith = (spec: object, uid = 'u') => podOf({ containers: [{ name: 'a' }], ...spec }, { uid });
const setting = (name: string, spec: object = {}) => podWith({ securityContext: { sysctls: [{ name, value: '1' }] }, ...spec });

test('sysctls may be written with dots or slashes', () => {
  expect(['net.ipv4.tcp_rmem', 'net/ipv4/tcp_rmem', 'net/ipv4/conf/eno2.100/rp_filter', 'net.ipv4.conf.eno2/100.rp_filter'].map(dottedName))
    .toEqual(['net.ipv4.tcp_rmem', 'net.ipv4.tcp_rmem', 'net.ipv4.conf.eno2/100.rp_filter', 'net.ipv4.conf.eno2/100.rp_filter']);
});

test('safe sysctls are anybody\'s, others those an administrator allows by name or prefix', () => {
  const rule = sysctlRule(['kernel.msg*', 'net/core/somaxconn']);
  expect([setting('net/ipv4/tcp_syncookies'), setting('kernel.msgmax'), setting('net.core.somaxconn')].map(rule)).toEqual([undefined, undefined, undefined]);
  expect(rule(setting('kernel.sem'))).toBe('forbidden sysctl: "kernel.sem" not allowlisted');
  expect(sysctlRule()(setting('kernel.msgmax'))).toBe('forbidden sysctl: "kernel.msgmax" not allowlisted');
  expect(rule(setting('net.core.somaxconn', { hostNetwork: true }))).toBe('forbidden sysctl: "net.core.somaxconn" not allowed with host net enabled');
  expect(rule(setting('kernel.shm_rmid_forced', { hostIPC: true }))).toBe('forbidden sysctl: "kernel.shm_rmid_forced" not allowed with host ipc enabled');
  expect(rule(setting('kernel.msgmax', { hostIPC: true }))).toBe('forbidden sysctl: "kernel.msgmax" not allowed with host ipc enabled');
  expect(rule(setting('kernel.msgmax', { hostNetwork: true }))).toBeUndefined();
});

test('what concerns the whole machine cannot be allowed', () => {
  expect(() => sysctlRule(['vm.swappiness'])).toThrow('the sysctl "vm.swappiness" are not known to be namespaced');
  expect(() => sysctlRule(['kernel.*'])).toThrow('the sysctls "kernel.*" are not known to be namespaced');
  expect(() => sysctlRule(['Net.x'])).toThrow('sysctl "Net.x" must have at most 253 characters and match regex ([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]');
});

test('without AppArmor in the kernel, pods that want a profile are refused', async () => {
  await using without = await tree();
  const node = await readNodeSecurity({ isReal: true, sys: without.dir });
  const profile = (type: string) => ({ securityContext: { appArmorProfile: { type } } });
  const refused = { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' };
  expect(node.refuse(podWith(profile('RuntimeDefault')))).toEqual(refused);
  expect(node.refuse(podOf({ containers: [{ name: 'a', ...profile('Localhost') }] }))).toEqual(refused);
  expect([node.refuse(podWith(profile('Unconfined'))), node.refuse(podWith({}))]).toEqual([undefined, undefined]);
  expect(node.refuse(setting('kernel.sem'))).toEqual({ reason: 'SysctlForbidden', message: 'forbidden sysctl: "kernel.sem" not allowlisted' });
  await using enabled = await tree({ 'module/apparmor/parameters/enabled': 'Y\n' });
  expect((await readNodeSecurity({ isReal: true, sys: enabled.dir })).refuse(podWith(profile('RuntimeDefault')))).toBeUndefined();
  expect((await readNodeSecurity({ isReal: false, sys: without.dir })).refuse(podWith(profile('RuntimeDefault')))).toBeUndefined();
});

test('how hot processors are is hidden where the kernel shows it', async () => {
  await using at = await tree({ 'devices/system/cpu/possible': '0-2\n', 'devices/system/cpu/cpu1/thermal_throttle/core_throttle_count': '0' });
  const { maskedPaths } = await readNodeSecurity({ isReal: true, sys: at.dir });
  expect(maskedPaths).toContain('/proc/kcore');
  expect(maskedPaths.filter((path) => path.includes('thermal'))).toEqual(['/sys/devices/system/cpu/cpu1/thermal_throttle']);
});

test('pods that do not share the host\'s users have IDs of their own, and keep them while the kubelet is away', async () => {
  await using at = await tree();
  const where = { rootDir: at.dir, logDir: at.dir };
  const able = async () => ({ handlers: [{ name: '', recursiveReadOnlyMounts: true, userNamespaces: true }, { name: 'old', recursiveReadOnlyMounts: false, userNamespaces: false }] });
  const own = (uid: string) => podWith({ hostUsers: false }, uid);
  const ids = (hostId: number) => ({ mode: 'POD', uids: [{ hostId, containerId: 0, length: 65_536 }], gids: [{ hostId, containerId: 0, length: 65_536 }] });
  const users = await openUserNamespaces(where, { most: 2 });
  expect(await users.of(podWith({}), '', able)).toEqual({ mode: 'NODE' });
  expect([await users.of(own('a'), '', able), await users.of(own('b'), '', able), await users.of(own('a'), '', able)]).toEqual([ids(65_536), ids(131_072), ids(65_536)]);
  await expect(users.of(own('c'), '', able)).rejects.toThrow('could not find an empty slot to allocate a user namespace');
  expect(JSON.parse(await readFile(join(at.dir, 'pods/b/userns'), 'utf8'))).toMatchObject({ uidMappings: [{ hostId: 131_072 }] });
  const again = await openUserNamespaces(where, { most: 2 });
  await again.release('a');
  expect([await again.of(own('c'), '', able), await again.of(own('b'), '', able)]).toEqual([ids(65_536), ids(131_072)]);
  await expect(again.of(own('d'), 'old', able)).rejects.toThrow('can\'t set `spec.hostUsers: false`, RuntimeClass handler "old" does not support user namespaces');
  await expect(again.of(own('d'), '', async () => ({ handlers: [] }))).rejects.toThrow('can\'t set `spec.hostUsers: false`, runtime does not support user namespaces');
});
