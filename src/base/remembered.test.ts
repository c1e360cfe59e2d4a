import { expect, test } from 'vitest';
import { Remembered } from './remembered.ts';

test('what is known of a text is known until too many are, and nothing of long ones', () => {
  const known = new Remembered<number>();
  known.set('a', 1);
  known.set('x'.repeat(9000), 2);
  expect([known.get('a'), known.get('x'.repeat(9000))]).toEqual([1, undefined]);

  for (let n = 0; n < 256; n++) known.set(`text ${n}`, n);
  expect([known.get('a'), known.get('text 255')]).toEqual([undefined, 255]);
});
