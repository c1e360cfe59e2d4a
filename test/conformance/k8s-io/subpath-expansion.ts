import type { Container } from '../../../src/kinds/core/container.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const EXPANSION = '[k8s.io] Variable Expansion should';
const ofAnnotation = [{ name: 'ANNOTATION', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['mysubpath']" } } }];
const volumes = [{ name: 'work', emptyDir: {} }];

const expands = test(`${EXPANSION} allow substituting values in a volume subpath [sig-storage] [Conformance]`, { musts: ['the sub path has the value'] }, async (t) => {
  const name = t.name('expands');
  const log = await t.pods.output({
    name, sh: 'test -d /whole/foo/$POD_NAME && echo there',
    container: {
      env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      volumeMounts: [{ name: 'work', mountPath: '/logs', subPathExpr: 'foo/$(POD_NAME)' }, { name: 'work', mountPath: '/whole' }],
    },
    spec: { volumes },
  });
  t.must('the sub path has the value', log === 'there\n', log);
});

/** A pod whose sub path must not be taken never gets its container started. */
async function staysWaiting(t: Context, container: DeepPartial<Container>, annotations: Readonly<Record<string, string>> = {}): Promise<Pod> {
  const { metadata } = await t.pods.create({ annotations, container, spec: { volumes } });
  return t.pods.until(metadata.name, 'cannot be started', ({ status }) =>
    status.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError', { seconds: 120 });
}

function refusedPath(suffix: string, value: string, must: string): TestCase {
  return test(`${EXPANSION} fail substituting values in a volume subpath ${suffix} [sig-storage][Slow] [Conformance]`, { musts: [must], timeoutSeconds: 240 }, async (t) => {
    const container = {
      env: [{ name: 'POD_NAME', value }], volumeMounts: [{ name: 'work', mountPath: '/logs', subPathExpr: '$(POD_NAME)' }],
    };
    const pod = await staysWaiting(t, container);
    t.must(must, pod.status.phase === 'Pending', pod.status.phase);
  });
}

const mended = test(`${EXPANSION} verify that a failing subpath expansion can be modified during the lifecycle of a container [sig-storage][Slow] [Conformance]`,
  { musts: ['the pod runs once its value is there'], timeoutSeconds: 300 }, async (t) => {
    const volumeMounts = [{ name: 'work', mountPath: '/sub', subPathExpr: '$(ANNOTATION)/$(POD_NAME)' }];
    const env = [{ name: 'POD_NAME', value: 'foo' }, ...ofAnnotation];
    const pod = await staysWaiting(t, { env, volumeMounts }, { notmysubpath: 'mypath' });
    await t.client.patch(Pod, pod.metadata.name, { type: 'merge', body: { metadata: { annotations: { mysubpath: 'mypath' } } } }, { namespace: t.namespace });
    const running = await t.pods.untilRunning(pod.metadata.name, { seconds: 150 });
    t.must('the pod runs once its value is there', running.status.phase === 'Running');
  });

const WRITES = ['a valid path starts the container', 'what is written lands below it', 'the pod goes though the value has changed'];
const writes = test(`${EXPANSION} succeed in writing subpaths in container [sig-storage][Slow] [Conformance]`, { musts: WRITES, timeoutSeconds: 240 }, async (t) => {
  const env = [{ name: 'POD_NAME', value: 'foo' }, ...ofAnnotation];
  const volumeMounts = [
    { name: 'work', mountPath: '/sub', subPathExpr: '$(ANNOTATION)/$(POD_NAME)' }, { name: 'work', mountPath: '/whole' },
  ];
  const pod = await t.pods.running({ annotations: { mysubpath: 'mypath' }, container: { env, volumeMounts }, spec: { volumes } });
  const { name } = pod.metadata;
  t.must(WRITES[0]!, true);
  await t.pods.sh(name, 'echo written > /whole/mypath/foo/test.log');
  t.must(WRITES[1]!, (await t.pods.sh(name, 'cat /sub/test.log')) === 'written\n');
  await t.client.patch(Pod, name, { type: 'merge', body: { metadata: { annotations: { mysubpath: 'mynewpath' } } } }, { namespace: t.namespace });
  await t.pods.delete(name);
  await t.pods.untilGone(name);
  t.must(WRITES[2]!, true);
});

export const subpathExpansion: readonly TestCase[] = [
  expands,
  refusedPath('with absolute path', '/tmp', 'an absolute path is not taken'),
  refusedPath('with backticks', '..', 'a path that leaves the volume is not taken'),
  mended,
  writes,
];
