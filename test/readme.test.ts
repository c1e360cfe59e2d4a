/** How a README's console blocks are read and compared, before they are played on a cluster. */
import { expect, test } from 'vitest';
import { matches, reader, stepsOf } from './scenarios/testing/readme.ts';

const read = (text: string): readonly string[] => reader()(text.split('\n'));
const alike = (expected: string, actual: string): boolean => matches(read(expected), read(actual));

test('the steps of a README are the commands of its console blocks and the lines below each', () => {
  const text = 'Words.\n\n```console\n$ one\n$ two "$x"\na\n\nb\n```\n\n```yaml\n$ not: this\n```\n\n```console\n$ three\n...\nc\n```\n';
  expect(stepsOf(text)).toEqual([
    { command: 'one', output: [] },
    { command: 'two "$x"', output: ['a', '', 'b'] },
    { command: 'three', output: ['...', 'c'] },
  ]);
});

test('ages, addresses and widths may differ, names and counts may not', () => {
  expect(alike('NAME READY AGE IP\nweb-0  1/1  5s  10.0.0.1', 'NAME   READY  AGE  IP\nweb-0   1/1   1m10s  10.244.1.7')).toBe(true);
  expect(alike('web-0 1/1 5s', 'web-1 1/1 5s')).toBe(false);
  expect(alike('web-0 1/1 5s', 'web-0 0/1 5s')).toBe(false);
});

test('one hash is as good as another, but two are not one', () => {
  expect(alike('web-0 web-55596fc686\nweb-1 web-74ccd8587c', 'web-0 web-5d5d5d5d5d\nweb-1 web-6f6f6f6f6f')).toBe(true);
  expect(alike('web-0 web-55596fc686\nweb-1 web-74ccd8587c', 'web-0 web-5d5d5d5d5d\nweb-1 web-5d5d5d5d5d')).toBe(false);
});

test('rows with made-up names come in any order', () => {
  expect(alike('agent-5dlmp node-2\nagent-w8csr node-1', 'agent-xxxxx node-1\nagent-zzzzz node-2')).toBe(true);
  expect(alike('agent-5dlmp node-2\nagent-w8csr node-1', 'agent-xxxxx node-1\nagent-zzzzz node-1')).toBe(false);
});

test('an ellipsis stands for any lines', () => {
  expect(alike('...\ndone', 'waiting\nwaiting\ndone')).toBe(true);
  expect(alike('...\ndone', 'done')).toBe(true);
  expect(alike('...\ndone', 'waiting')).toBe(false);
  expect(alike('begun\n...', 'done')).toBe(false);
});
