import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { catalogue } from './conformance/catalogue.ts';
import { report } from './conformance/framework/report.ts';
import { tests } from './conformance/tests.ts';

const UPSTREAM = join(import.meta.dirname, '..', '..', 'shared', 'upstream', 'conformance-v1.20.yaml');

test('every conformance test bears the codename of an entry, and no two the same', () => {
  const known = new Set(catalogue.map(({ codename }) => codename));
  const names = tests.map(({ codename }) => codename);
  expect(names.filter((name) => !known.has(name))).toEqual([]);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

test('no test declares the same MUST twice', () => {
  expect(tests.filter(({ musts }) => new Set(musts).size !== musts.length).map(({ codename }) => codename)).toEqual([]);
});

test.skipIf(!existsSync(UPSTREAM))('the catalogue is upstream\'s (skipped where that file is absent)', () => {
  const entries = parse(readFileSync(UPSTREAM, 'utf8')) as { codename: string; description: string }[];
  const facts = entries.map(({ codename, description }) => ({ codename, musts: description.match(/\bMUST\b/g)?.length ?? 0 }));
  expect(catalogue).toEqual(facts);
  expect(catalogue).toHaveLength(311);
});

test('the report counts what passed, failed and is missing, by sig and in all, and names silent MUSTs', () => {
  const entries = [{ codename: '[a] one', musts: 2 }, { codename: '[a] two', musts: 0 }, { codename: '[bb] three', musts: 1 }];
  const run = async () => {};
  const cases = [
    { codename: '[a] one', musts: ['x'], serial: false, timeoutSeconds: 1, run },
    { codename: '[a] two', musts: [], serial: false, timeoutSeconds: 1, run },
  ];
  const outcomes = [{ codename: '[a] one', passed: true, seconds: 1 }, { codename: '[a] two', passed: false, seconds: 1, why: 'no' }];

  expect(report(entries, cases, outcomes)).toBe([
    'MUSTs without a labelled assertion:', '  1 of 2: [a] one', '  1 of 1: [bb] three', '',
    'Failures:', '  [a] two', '    no', '',
    'a   1 passed, 1 failed, 0 missing', 'bb  0 passed, 0 failed, 1 missing', '1 passed, 1 failed, 1 missing',
  ].join('\n'));
});
