import { expect, test } from 'vitest';
import { rangesOf } from './blocks.ts';

test('a block without its exceptions is what is left of it', () => {
  expect(rangesOf([{ cidr: '10.0.0.0/24', except: ['10.0.0.0/30', '10.0.0.128/25'] }], 4)).toEqual(['10.0.0.4-10.0.0.127']);
  expect(rangesOf([{ cidr: '10.0.0.0/30', except: ['10.0.0.2/32'] }], 4)).toEqual(['10.0.0.0-10.0.0.1', '10.0.0.3']);
  expect(rangesOf([{ cidr: '10.0.0.0/24', except: ['10.0.0.0/24'] }], 4)).toEqual([]);
});

test('an exception of one block does not hold for another', () => {
  expect(rangesOf([{ cidr: '10.0.0.0/24', except: ['10.0.0.0/25'] }, { cidr: '10.0.0.0/26' }], 4)).toEqual(['10.0.0.0-10.0.0.63', '10.0.0.128-10.0.0.255']);
});

test('blocks that touch or overlap are one range, as an interval set wants them', () => {
  expect(rangesOf([{ cidr: '10.0.1.0/24' }, { cidr: '10.0.0.0/24' }, { cidr: '10.0.0.7/32' }], 4)).toEqual(['10.0.0.0-10.0.1.255']);
  expect(rangesOf([{ cidr: '0.0.0.0/0' }], 4)).toEqual(['0.0.0.0-255.255.255.255']);
});

test('a family is asked for alone', () => {
  const blocks = [{ cidr: '2001:db8::/64', except: ['2001:db8::/65'] }, { cidr: '10.0.0.1/32' }];
  expect(rangesOf(blocks, 6)).toEqual(['2001:db8:0:0:8000::-2001:db8::ffff:ffff:ffff:ffff']);
  expect(rangesOf(blocks, 4)).toEqual(['10.0.0.1']);
});
