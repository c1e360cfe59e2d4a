import { expect, test } from 'vitest';
import type { PodSpec } from '../../kinds/core/pod-spec.ts';
import { violationsOf } from './checks.ts';
import { parseVersion, type Standard } from './policy.ts';
import { detailsOf } from './violation.ts';

const GOOD = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [{ name: 'a', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
};

function told(standard: string, spec: object, annotations: Readonly<Record<string, string>> = {}): string {
  const [level, version = 'latest'] = standard.split(':');
  return detailsOf(violationsOf({ level: level as Standard['level'], version: parseVersion(version)! }, { annotations, spec: spec as PodSpec }));
}

const a = (more: object) => ({ containers: [{ name: 'a', ...more }] });
const by = (securityContext: object) => a({ securityContext });
/** A pod that Restricted allows but for this. */
const but = (more: object) => ({ ...GOOD, containers: [{ ...GOOD.containers[0]!, ...more }] });

test('what restricted asks of a pod that says nothing, as upstream words it', () => {
  expect(told('restricted', { containers: [{ name: 'a' }, { name: 'b' }] })).toBe(
    'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), '
    + 'unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]), '
    + 'runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), '
    + 'seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  );
});

test.each(['privileged', 'baseline', 'restricted', 'baseline:v1.0', 'restricted:v1.22', 'restricted:v1.99'])('a careful pod is let in by %s', (standard) => {
  expect(told(standard, GOOD)).toBe('');
});

test('privileged lets everything in', () => {
  expect(told('privileged', { hostNetwork: true, ...by({ privileged: true }) })).toBe('');
});

test.each([
  ['host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)', { hostNetwork: true, hostPID: true, hostIPC: true, ...a({}) }],
  ['privileged (container "a" must not set securityContext.privileged=true)', by({ privileged: true })],
  ['non-default capabilities (container "a" must not include "NET_ADMIN", "NET_RAW" in securityContext.capabilities.add)', by({ capabilities: { add: ['NET_RAW', 'CHOWN', 'NET_ADMIN'] } })],
  ['hostPath volumes (volumes "x", "y")', { volumes: [{ name: 'x', hostPath: { path: '/' } }, { name: 'y', hostPath: { path: '/' } }, { name: 'z', emptyDir: {} }], ...a({}) }],
  ['hostPort (container "a" uses hostPorts 443, 80)', a({ ports: [{ hostPort: 80 }, { hostPort: 443 }, { hostPort: 0 }] })],
  ['probe or lifecycle host (container "a" uses probe or lifecycle hosts "10.0.0.1", "b.example")', a({ livenessProbe: { httpGet: { host: '10.0.0.1' } }, readinessProbe: { tcpSocket: {} }, lifecycle: { preStop: { httpGet: { host: 'b.example' } } } })],
  ['forbidden AppArmor profile (pod and container "a" must not set AppArmor profile type to "Unconfined")', { securityContext: { appArmorProfile: { type: 'Unconfined' } }, ...by({ appArmorProfile: { type: 'Unconfined' } }) }],
  ['seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")', { securityContext: { seccompProfile: { type: 'Unconfined' } }, ...by({ seccompProfile: { type: 'Unconfined' } }) }],
  ['procMount (container "a" must not set securityContext.procMount to "Unmasked")', by({ procMount: 'Unmasked' })],
  ['seLinuxOptions (pod and container "a" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)', { securityContext: { seLinuxOptions: { type: 'spc_t', user: 'u' } }, ...by({ seLinuxOptions: { role: 'r' } }) }],
  ['forbidden sysctls (kernel.msgmax, net.core.somaxconn)', { securityContext: { sysctls: [{ name: 'kernel.msgmax' }, { name: 'net.ipv4.tcp_rmem' }, { name: 'net.core.somaxconn' }] }, ...a({}) }],
  ['hostProcess (pod and container "a" must not set securityContext.windowsOptions.hostProcess=true)', { securityContext: { windowsOptions: { hostProcess: true } }, ...by({ windowsOptions: { hostProcess: true } }) }],
])('baseline says: %s', (text, spec) => {
  expect(told('baseline', spec)).toBe(text);
});

test('forbidden annotations of AppArmor are named with the rest', () => {
  expect(told('baseline', a({}), { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined', 'container.apparmor.security.beta.kubernetes.io/b': 'localhost/x' })).toBe(
    'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a="unconfined"")',
  );
});

test.each([
  ['allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)', but({ securityContext: { capabilities: { drop: ['ALL'] } } })],
  ['unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "CHOWN" in securityContext.capabilities.add)', but({ securityContext: { allowPrivilegeEscalation: false, capabilities: { add: ['NET_BIND_SERVICE', 'CHOWN'] } } })],
  ['restricted volume types (volumes "x", "y" use restricted volume types "hostPath", "nfs")', { ...GOOD, volumes: [{ name: 'x', hostPath: { path: '/' } }, { name: 'y', nfs: {} }] }],
  ['restricted volume types (volume "x" uses restricted volume type "hostPath")', { ...GOOD, volumes: [{ name: 'x', hostPath: { path: '/' } }] }],
  ['runAsNonRoot != true (pod and container "b" must not set securityContext.runAsNonRoot=false)', { ...GOOD, securityContext: { ...GOOD.securityContext, runAsNonRoot: false }, initContainers: [{ name: 'b', securityContext: { ...GOOD.containers[0]!.securityContext, runAsNonRoot: false } }] }],
  ['runAsUser=0 (pod must not set runAsUser=0)', { ...GOOD, securityContext: { ...GOOD.securityContext, runAsUser: 0 } }],
])('restricted says: %s', (text, spec) => {
  expect(told('restricted', spec)).toBe(text);
});

test.each([
  ['baseline:v1.18', 'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")', a({}), { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' }],
  ['baseline:v1.19', '', a({}), { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' }],
  ['baseline:v1.33', '', a({ livenessProbe: { tcpSocket: { host: 'x' } } }), {}],
  ['baseline:v1.28', 'forbidden sysctls (net.ipv4.tcp_fin_timeout)', { ...a({}), securityContext: { sysctls: [{ name: 'net.ipv4.ip_local_reserved_ports' }, { name: 'net.ipv4.tcp_fin_timeout' }] } }, {}],
  ['baseline:v1.30', 'seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "container_engine_t")', by({ seLinuxOptions: { type: 'container_engine_t' } }), {}],
  ['baseline:v1.31', '', by({ seLinuxOptions: { type: 'container_engine_t' } }), {}],
  ['baseline', '', { hostUsers: false, ...by({ procMount: 'Unmasked' }) }, {}],
  ['baseline:v1.34', 'procMount (container "a" must not set securityContext.procMount to "Unmasked")', { hostUsers: false, ...by({ procMount: 'Unmasked' }) }, {}],
  ['restricted:v1.7', 'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)', a({}), {}],
  ['restricted:v1.24', 'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)', { ...but({ securityContext: { capabilities: { drop: ['ALL'] } } }), os: { name: 'windows' } }, {}],
  ['restricted', '', { ...but({ securityContext: {} }), os: { name: 'windows' } }, {}],
])('%s says %j', (standard, text, spec, annotations) => {
  expect(told(standard, spec, annotations)).toBe(text);
});
