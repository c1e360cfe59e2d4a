import { expect, test } from 'vitest';
import { CronJob, Job } from '../index.ts';
import { errorsOf } from '../testing/errors-of.ts';

const pod = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } };
const job = (more: object = {}) => ({ spec: { template: pod, ...more } });
const indexed = (more: object = {}) => job({ completionMode: 'Indexed', completions: 5, parallelism: 2, ...more });
const cron = (more: object = {}) => ({ spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template: pod } }, ...more } });

test.each([
  [job(), []],
  [job({ completions: -1, backoffLimit: -1 }), [
    'spec.completions: Invalid value: -1: must be greater than or equal to 0', 'spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0',
  ]],
  [job({ completionMode: 'Any' }), ['spec.completionMode: Unsupported value: "Any": supported values: "NonIndexed", "Indexed"']],
  [job({ completionMode: 'Indexed', parallelism: 1 }), ['spec.completions: Required value: when completion mode is Indexed']],
  [indexed({ parallelism: 100_001 }), ['spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed']],
  [indexed({ completions: 200_000, backoffLimitPerIndex: 1 }), ['spec.maxFailedIndexes: Required value: must be specified when completions is above 100000']],
  [indexed({ maxFailedIndexes: 6 }), [
    'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified', 'spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions',
  ]],
  [job({ backoffLimitPerIndex: 1 }), ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode']],
  [job({ managedBy: 'me' }), ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")']],
  [job({ selector: { matchLabels: { a: 'b' } } }), [
    'spec.selector: Invalid value: {"matchLabels":{"a":"b","batch.kubernetes.io/controller-uid":"u"}}: `selector` not auto-generated',
    expect.stringMatching(/^spec\.template\.metadata\.labels: Invalid value: .*: `selector` does not match template `labels`$/),
  ]],
  [job({ podReplacementPolicy: 'TerminatingOrFailed', podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] } }), ['spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"']],
  [job({ podFailurePolicy: { rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [3, 0, 3], containerName: 'x' } }, { action: 'Ignore' }] } }), [
    'spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
    'spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template',
    'spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator',
    'spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 3',
    'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [3,0,3]: must be ordered',
    'spec.podFailurePolicy.rules[1]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
  ]],
  [indexed({ successPolicy: { rules: [{}, { succeededIndexes: '1-x' }, { succeededIndexes: '0,2-9' }, { succeededIndexes: '1,1' }, { succeededIndexes: '0-1', succeededCount: 3 }] } }), [
    'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified',
    'spec.successPolicy.rules[1].succeededIndexes: Invalid value: "1-x": error parsing succeededIndexes: cannot convert string to integer for index: "x"',
    'spec.successPolicy.rules[2].succeededIndexes: Invalid value: "0,2-9": error parsing succeededIndexes: too large index: "9"',
    'spec.successPolicy.rules[3].succeededIndexes: Invalid value: "1,1": error parsing succeededIndexes: non-increasing order, previous: 1, current: 1',
    'spec.successPolicy.rules[4].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
  ]],
  [job({ template: { spec: { ...pod.spec, restartPolicy: 'Always' } } }), ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"']],
  [{ metadata: { name: 'x'.repeat(62) }, ...indexed() }, [`metadata.name: Invalid value: "${'x'.repeat(62)}": will not able to create pod with invalid DNS label: ${'x'.repeat(62)}-4`]],
])('a job %j is wrong in %j', (object, expected) => {
  expect(errorsOf(Job, object)).toEqual(expected);
});

const running = { selector: { matchLabels: { a: 'b' } }, manualSelector: true, template: { ...pod, metadata: { labels: { a: 'b' } } } };

test('an indexed job grows in all its pods at once', () => {
  const old = indexed({ ...running, completions: 2, parallelism: 2 });
  expect(errorsOf(Job, indexed({ ...running, completions: 3, parallelism: 3 }), old)).toEqual([]);
  expect(errorsOf(Job, indexed({ ...running, completions: 3, parallelism: 2 }), old)).toEqual(['spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism']);
});

test('where a suspended job\'s pods run may change until it has started', () => {
  const next = job({ ...running, suspend: true, template: { ...running.template, spec: { ...pod.spec, nodeSelector: { a: 'b' }, containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }] } } });
  expect(errorsOf(Job, next, job({ ...running, suspend: true }))).toEqual([]);
  expect(errorsOf(Job, next, { ...job({ ...running, suspend: true }), status: { startTime: '2024-01-01T00:00:00Z' } })).toEqual([
    expect.stringMatching(/^spec\.template: Invalid value: .*: field is immutable$/),
  ]);
});

test.each([
  [cron({ schedule: '61 * * * *' }), ['spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61']],
  [cron({ schedule: 'TZ=UTC 0 0 * * *' }), ['spec.schedule: Invalid value: "TZ=UTC 0 0 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead']],
  [cron({ timeZone: '' }), ['spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string']],
  [cron({ timeZone: 'local' }), ['spec.timeZone: Invalid value: "local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones']],
  [cron({ timeZone: 'Mars/Base' }), ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base']],
  [cron({ timeZone: '../etc' }), ['spec.timeZone: Invalid value: "../etc": unknown time zone ../etc']],
  [cron({ timeZone: 'Europe/Oslo', concurrencyPolicy: 'Sometimes' }), ['spec.concurrencyPolicy: Unsupported value: "Sometimes": supported values: "Allow", "Forbid", "Replace"']],
  [{ ...cron(), metadata: { name: 'x'.repeat(53) } }, [`metadata.name: Invalid value: "${'x'.repeat(53)}": must be no more than 52 characters`]],
])('a cron job %j is wrong in %j', (object, expected) => {
  expect(errorsOf(CronJob, object)).toEqual(expected);
});

test('a schedule that named its zone may go on doing so', () => {
  const old = cron({ schedule: 'TZ=UTC 0 0 * * *' });
  expect(errorsOf(CronJob, cron({ schedule: 'CRON_TZ=UTC 0 1 * * *' }), old)).toEqual([]);
  expect(errorsOf(CronJob, cron({ schedule: 'TZ=UTC 0 0 * * *', timeZone: 'UTC' }), old)).toEqual([
    'spec.schedule: Invalid value: "TZ=UTC 0 0 * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule',
  ]);
});
