import { expect, test } from 'vitest';
import { app, namespace, pod, policy } from '../testing/pods.ts';
import { planIsolation } from './plan.ts';
import { policyTable } from './table.ts';

const pods = [pod('web', '10.0.0.1'), pod('web-six', 'fd00::1'), pod('friend', '10.0.1.2', { node: 'two' })];
const tableOf = (...policies: ReturnType<typeof policy>[]) =>
  policyTable(planIsolation({ policies, pods, namespaces: new Map([['ns', namespace('ns')]]), node: 'one' }), 10_053);

test('a pod\'s verdict is a chain that returns for what may pass and drops the rest', () => {
  const { sets, chains } = tableOf(policy('only-friend', { podSelector: app('web'), ingress: [{ from: [{ podSelector: app('friend') }], ports: [{ port: 80 }, { protocol: 'UDP', port: 1, endPort: 9 }] }] }));
  const [[address, verdict] = []] = [...sets.get('in4')!.elements!];
  expect(address).toBe('10.0.0.1');
  const rules = chains.get(verdict!.replace('goto ', ''))!.rules.filter((rule) => !rule.includes('ip6'));
  const set = [...sets.keys()].find((name) => name.startsWith('pods4'))!;
  expect(rules).toEqual([
    `meta l4proto tcp ct reply proto-src 80 ct original ip saddr @${set} return comment "ns/only-friend ingress[0]"`,
    `meta l4proto udp ct reply proto-src 1-9 ct original ip saddr @${set} return comment "ns/only-friend ingress[0]"`,
    'drop',
  ]);
  expect([...sets.get(set)!.elements!.keys()]).toEqual(['10.0.1.2']);
});

test('pods of the same policies share a chain, each family has sets of its own', () => {
  const { sets, chains } = tableOf(policy('deny', {}));
  expect([...sets.get('in4')!.elements!.values()]).toEqual([...sets.get('in6')!.elements!.values()]);
  expect([...sets.get('self6')!.elements!.keys()]).toEqual(['fd00::1 . fd00::1']);
  expect(chains.get([...sets.get('in4')!.elements!.values()][0]!.replace('goto ', ''))!.rules).toEqual(['drop']);
});

test('another peer changes a set and no rule', () => {
  const allow = policy('p', { podSelector: app('web'), ingress: [{ from: [{ podSelector: {} }] }] });
  const world = { policies: [allow], namespaces: new Map(), node: 'one' };
  const [before, after] = [pods, [...pods, pod('more', '10.0.1.9', { node: 'two' })]].map((some) => policyTable(planIsolation({ ...world, pods: some })));
  expect(after!.chains).toEqual(before!.chains);
  expect([...after!.sets.keys()]).toEqual([...before!.sets.keys()]);
});

test('without policies nothing is judged', () => {
  const { sets } = tableOf();
  for (const name of ['in4', 'in6', 'out4', 'out6', 'self4']) expect(sets.get(name)!.elements!.size).toBe(0);
});

test('a long policy name does not make a comment that nft refuses', () => {
  const { chains } = tableOf(policy('x'.repeat(250), { podSelector: app('web'), ingress: [{}] }));
  const comments = [...chains.values()].flatMap(({ rules }) => rules).flatMap((rule) => /comment "(.*)"/.exec(rule)?.[1] ?? []);
  expect(comments.length).toBeGreaterThan(0);
  for (const comment of comments) expect(comment.length).toBeLessThan(128);
});
