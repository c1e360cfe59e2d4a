import dnsPacket from 'dns-packet';
import { expect, test } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import { AnswerMemory } from './memory.ts';

const query = (id: number, name = 'web.shop.svc.cluster.local', flags = 0): Buffer => dnsPacket.encode({ type: 'query', id, flags, questions: [{ type: 'A', name }] });
const answer = (id: number): Buffer => dnsPacket.encode({ type: 'response', id, questions: [{ type: 'A', name: 'web.shop.svc.cluster.local' }], answers: [{ type: 'A', name: 'web.shop.svc.cluster.local', ttl: 5, data: '10.96.0.7' }] });

test('an answer is given again under another number, until objects change', () => {
  let version = 1;
  const memory = new AnswerMemory(new ManualClock(), () => version);
  memory.keep(query(7), answer(7), { authoritative: true, version });
  expect(memory.recall(query(9, undefined, 1 << 8))).toSatisfy((bytes: Buffer) => {
    const { id, flags, answers } = dnsPacket.decode(bytes);
    return id === 9 && ((flags ?? 0) & (1 << 8)) !== 0 && answers?.length === 1;
  });
  expect(memory.recall(query(9, 'other.shop.svc.cluster.local'))).toBeUndefined();
  version = 2;
  expect(memory.recall(query(9))).toBeUndefined();
});

test('an answer made of what has changed meanwhile is not given again', () => {
  const memory = new AnswerMemory(new ManualClock(), () => 2);
  memory.keep(query(7), answer(7), { authoritative: true, version: 1 });
  expect(memory.recall(query(8))).toBeUndefined();
});

test('an answer from elsewhere is given again for a second, for its time runs down', async () => {
  const clock = new ManualClock();
  const memory = new AnswerMemory(clock, () => 1);
  memory.keep(query(7), answer(7), { authoritative: false, version: 1 });
  await clock.advance(900);
  expect(memory.recall(query(8))).toBeDefined();
  await clock.advance(200);
  expect(memory.recall(query(8))).toBeUndefined();
});

test('what is no plain query is not answered from memory', () => {
  const memory = new AnswerMemory(new ManualClock(), () => 1);
  const update = query(7, undefined, 5 << 11);
  memory.keep(update, answer(7), { authoritative: true, version: 1 });
  expect(memory.recall(update)).toBeUndefined();
  expect(memory.recall(Buffer.alloc(3))).toBeUndefined();
});
