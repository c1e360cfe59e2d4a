import { expect, test } from 'vitest';
import { tolerates, untolerated } from './tolerations.ts';

const taint = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' };

test('a toleration matches by key, operator, value and effect', () => {
  expect(tolerates({ key: 'dedicated', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' }, taint)).toBe(true);
  expect(tolerates({ key: 'dedicated', value: 'gpu' }, taint)).toBe(true);
  expect(tolerates({ key: 'dedicated', operator: 'Exists' }, taint)).toBe(true);
  expect(tolerates({ operator: 'Exists' }, taint)).toBe(true);
  expect(tolerates({ key: 'dedicated', value: 'cpu' }, taint)).toBe(false);
  expect(tolerates({ key: 'other', operator: 'Exists' }, taint)).toBe(false);
  expect(tolerates({ key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }, taint)).toBe(false);
});

test('Gt and Lt compare the taint with the toleration as integers and match nothing else', () => {
  const sla = { key: 'sla', value: '950', effect: 'NoSchedule' };
  expect(tolerates({ key: 'sla', operator: 'Gt', value: '900' }, sla)).toBe(true);
  expect(tolerates({ key: 'sla', operator: 'Lt', value: '900' }, sla)).toBe(false);
  expect(tolerates({ key: 'sla', operator: 'Gt', value: 'high' }, sla)).toBe(false);
});

test('only taints of the effects asked for count as untolerated', () => {
  const soft = { key: 'slow', effect: 'PreferNoSchedule' };
  expect(untolerated(undefined, [taint, soft], ['NoSchedule', 'NoExecute'])).toEqual([taint]);
  expect(untolerated([{ operator: 'Exists' }], [taint, soft], ['NoSchedule', 'PreferNoSchedule'])).toEqual([]);
});
