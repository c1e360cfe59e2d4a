import { test, type TestCase } from '../framework/test-case.ts';

const NODE = '[NodeConformance] [Conformance]';
const DOCKER = '[k8s.io] Docker Containers should';
const VARIABLES = '[k8s.io] Variable Expansion should allow';

/** The image's own command is `sh`: without a terminal it ends at once, saying nothing. */
const defaults = test(`${DOCKER} use the image defaults if command and args are blank ${NODE}`, { musts: ["the image's command runs"] }, async (t) => {
  const { metadata } = await t.pods.create({
    spec: { containers: [{ name: 'main', image: t.shared.image, imagePullPolicy: 'IfNotPresent' }] },
  });
  const pod = await t.pods.untilEnded(metadata.name);
  t.must("the image's command runs", pod.status.phase === 'Succeeded', pod.status.phase);
});

const ARGS = ["the image's entry point stands where the pod names none", "the pod's arguments replace the image's"];
const args = test(`${DOCKER} be able to override the image's default arguments (docker cmd) ${NODE}`, { musts: ARGS }, async (t) => {
  const { metadata } = await t.pods.create({
    spec: { containers: [{ name: 'main', image: t.shared.image, imagePullPolicy: 'IfNotPresent', args: ['echo', 'override', 'arguments'] }] },
  });
  await t.pods.untilEnded(metadata.name);
  const log = await t.pods.log(metadata.name);
  t.must(ARGS[0]!, log !== '');
  t.must(ARGS[1]!, log === 'override arguments\n', log);
});

const COMMAND = ["the image's entry point is not used", "the pod's command is"];
const command = test(`${DOCKER} be able to override the image's default command (docker entrypoint) ${NODE}`, { musts: COMMAND }, async (t) => {
  const log = await t.pods.output({ container: { command: ['echo', 'override'] } });
  t.must(COMMAND[0]!, !log.includes('sh'));
  t.must(COMMAND[1]!, log === 'override\n', log);
});

const BOTH = ["neither the image's command nor its arguments are used", "the pod's are"];
const both = test(`${DOCKER} be able to override the image's default command and arguments ${NODE}`, { musts: BOTH }, async (t) => {
  const log = await t.pods.output({ container: { command: ['echo'], args: ['override', 'arguments'] } });
  t.must(BOTH[0]!, !log.includes('sh'));
  t.must(BOTH[1]!, log === 'override arguments\n', log);
});

const composed = test(`${VARIABLES} composing env vars into new env vars ${NODE}`, { musts: ['a variable made of others has their values'] }, async (t) => {
  const env = [{ name: 'FOO', value: 'foo-value' }, { name: 'BAR', value: 'bar-value' }, { name: 'FOOBAR', value: '$(FOO);;$(BAR)' }];
  const log = await t.pods.output({ sh: 'env', container: { env } });
  t.must('a variable made of others has their values', log.includes('FOOBAR=foo-value;;bar-value\n'), log);
});

const inCommand = test(`${VARIABLES} substituting values in a container's command ${NODE}`, { musts: ['the command has the values'] }, async (t) => {
  const container = { command: ['sh', '-c', 'TEST_VAR=wrong echo "$(TEST_VAR)"'], env: [{ name: 'TEST_VAR', value: 'test-value' }] };
  const log = await t.pods.output({ container });
  t.must('the command has the values', log === 'test-value\n', log);
});

const inArgs = test(`${VARIABLES} substituting values in a container's args ${NODE}`, { musts: ['the arguments have the values'] }, async (t) => {
  const container = { command: ['sh', '-c'], args: ['TEST_VAR=wrong echo "$(TEST_VAR)"'], env: [{ name: 'TEST_VAR', value: 'test-value' }] };
  const log = await t.pods.output({ container });
  t.must('the arguments have the values', log === 'test-value\n', log);
});

export const commands: readonly TestCase[] = [defaults, args, command, both, composed, inCommand, inArgs];
