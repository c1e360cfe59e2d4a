import { test, type TestCase } from '../framework/test-case.ts';

const NODE = '[NodeConformance] [Conformance]';
const SECURITY = '[k8s.io] Security Context';

const runAsUser = test(`${SECURITY} When creating a container with runAsUser should run the container with uid 65534 [LinuxOnly] ${NODE}`,
  { musts: ['the pod succeeds as that user'] }, async (t) => {
    const log = await t.pods.output({ sh: 'id -u', container: { securityContext: { runAsUser: 65534 } } });
    t.must('the pod succeeds as that user', log === '65534\n', log);
  });

const unprivileged = test(`${SECURITY} When creating a pod with privileged should run the container as unprivileged when false [LinuxOnly] ${NODE}`,
  { musts: ['the pod succeeds without the privilege'] }, async (t) => {
    const log = await t.pods.output({ sh: 'ip link add dummy0 type dummy || true', container: { securityContext: { privileged: false } } });
    t.must('the pod succeeds without the privilege', /not permitted|can't|denied/i.test(log), log);
  });

const WRITABLE = ['a write is allowed', 'the pod succeeds'];
const writable = test(`${SECURITY} When creating a pod with readOnlyRootFilesystem should run the container with writable rootfs when readOnlyRootFilesystem=false ${NODE}`,
  { musts: WRITABLE }, async (t) => {
    const log = await t.pods.output({ sh: 'touch checkfile && echo written', container: { securityContext: { readOnlyRootFilesystem: false } } });
    t.must(WRITABLE[0]!, log.includes('written'), log);
    t.must(WRITABLE[1]!, true);
  });

const noEscalation = test(`${SECURITY} when creating containers with AllowPrivilegeEscalation should not allow privilege escalation when false [LinuxOnly] ${NODE}`,
  { musts: ['the container runs as the uid given and cannot gain more'] }, async (t) => {
    const container = { securityContext: { allowPrivilegeEscalation: false, runAsUser: 1000 } };
    const log = await t.pods.output({ sh: 'id -u; grep NoNewPrivs /proc/self/status', container });
    t.must('the container runs as the uid given and cannot gain more', /^1000\nNoNewPrivs:\s+1\n$/.test(log), log);
  });

export const securityContexts: readonly TestCase[] = [runAsUser, unprivileged, writable, noEscalation];
