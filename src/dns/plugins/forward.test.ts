import { expect, test } from 'vitest';
import { chain, reply } from '../chain.ts';
import { forward, nameserversOf, type Exchange } from './forward.ts';

const signal = new AbortController().signal;
const UPSTREAMS = [{ zone: '.', servers: ['192.0.2.1:53', '192.0.2.2:53'] }, { zone: 'consul.local', servers: ['192.0.2.9:53'] }];

test('a name goes to the servers of the smallest zone that it lies in', async () => {
  const asked: string[] = [];
  const exchange: Exchange = async (server) => (asked.push(server), reply('NOERROR'));
  const resolve = chain([forward(() => UPSTREAMS, exchange)]);
  for (const name of ['a.consul.local', 'Consul.Local', 'xconsul.local', 'example.org']) await resolve({ type: 'A', name }, signal);
  expect(asked).toEqual(['192.0.2.9:53', '192.0.2.9:53', '192.0.2.1:53', '192.0.2.1:53']);
});

test('the next server is asked when one is silent or fails, and all failing is SERVFAIL', async () => {
  const answers = new Map([['192.0.2.1:53', 'SERVFAIL'], ['192.0.2.2:53', 'NXDOMAIN']] as const);
  const exchange: Exchange = async (server) => {
    const code = answers.get(server as '192.0.2.1:53');
    if (code === undefined) throw new Error('silent');
    return reply(code);
  };
  const resolve = chain([forward(() => UPSTREAMS, exchange)]);
  expect((await resolve({ type: 'A', name: 'example.org' }, signal)).rcode).toBe('NXDOMAIN');
  expect((await resolve({ type: 'A', name: 'a.consul.local' }, signal)).rcode).toBe('SERVFAIL');
  expect((await chain([forward(() => [], exchange)])({ type: 'A', name: 'example.org' }, signal)).rcode).toBe('REFUSED');
});

test('the same question is asked once for all who wait for its answer', async () => {
  let asked = 0;
  const exchange: Exchange = async () => (asked++, reply('NOERROR'));
  const resolve = chain([forward(() => UPSTREAMS, exchange)]);
  await Promise.all([1, 2, 3].map(() => resolve({ type: 'A', name: 'example.org' }, signal)));
  expect(asked).toBe(1);
});

test('a resolv.conf names servers of both families', () => {
  expect(nameserversOf('search x\nnameserver 192.0.2.1\n  nameserver fd00::1\n#nameserver 9.9.9.9\n')).toEqual(['192.0.2.1:53', '[fd00::1]:53']);
});
