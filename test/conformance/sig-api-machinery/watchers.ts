import { ConfigMap } from '../../../src/kinds/core/config-map.ts';
import { check, equal } from '../framework/assert.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { watchEvents } from '../framework/watching.ts';

const KEY = 'watch-this-configmap';
const NAME = 'e2e-watch-test';
const codename = (what: string) => `[sig-api-machinery] Watchers should ${what} [Conformance]`;

async function make(t: Context, label: string, name = NAME): Promise<ConfigMap> {
  return t.client.create(ConfigMap, { metadata: { name, labels: { [KEY]: label } } }, { namespace: t.namespace });
}

async function change(t: Context, { metadata: { name } }: ConfigMap, more: { mutation?: string; label?: string }): Promise<ConfigMap> {
  const body = { ...(more.mutation && { data: { mutation: more.mutation } }), ...(more.label && { metadata: { labels: { [KEY]: more.label } } }) };
  return t.client.patch(ConfigMap, name, { type: 'merge', body }, { namespace: t.namespace });
}

const remove = (t: Context, { metadata: { name } }: ConfigMap) => t.client.delete(ConfigMap, name, { namespace: t.namespace });
const mutation = (value: string) => (map: ConfigMap) => map.data?.mutation === value;
const any = () => true;

const observes = test(codename('observe add, update, and delete watch notifications on configmaps'), {}, async (t) => {
  await using ofA = watchEvents(t, ConfigMap, `${KEY}=A`);
  await using ofB = watchEvents(t, ConfigMap, `${KEY}=B`);
  await using ofBoth = watchEvents(t, ConfigMap, `${KEY} in (A,B)`);
  const a = await make(t, 'A', `${NAME}-a`);
  for (const watching of [ofA, ofBoth]) await watching.until('ADDED', any);
  for (const value of ['1', '2']) {
    await change(t, a, { mutation: value });
    for (const watching of [ofA, ofBoth]) await watching.until('MODIFIED', mutation(value));
  }
  await remove(t, a);
  for (const watching of [ofA, ofBoth]) await watching.until('DELETED', any);
  equal(ofB.seen.length, 0, 'events of A seen by the watch of B');

  const b = await make(t, 'B', `${NAME}-b`);
  for (const watching of [ofB, ofBoth]) await watching.until('ADDED', any);
  await remove(t, b);
  for (const watching of [ofB, ofBoth]) await watching.until('DELETED', any);
  equal(ofA.seen.length, 4, 'events seen by the watch of A');
});

const fromRevision = test(codename('be able to start watching from a specific resource version'), {}, async (t) => {
  const map = await make(t, 'from-resource-version');
  const first = await change(t, map, { mutation: '1' });
  await change(t, map, { mutation: '2' });
  await remove(t, map);
  await using events = watchEvents(t, ConfigMap, `${KEY}=from-resource-version`, { resourceVersion: first.metadata.resourceVersion });
  await events.until('MODIFIED', mutation('2'));
  await events.until('DELETED', mutation('2'));
  equal(events.seen.map(({ type }) => type), ['MODIFIED', 'DELETED'], 'events after that revision');
});

const restarts = test(codename('be able to restart watching from the last resource version observed by the previous watch'), {}, async (t) => {
  const selector = `${KEY}=watch-closed-and-restarted`;
  const broken = watchEvents(t, ConfigMap, selector);
  const map = await make(t, 'watch-closed-and-restarted');
  await broken.until('ADDED', any);
  await change(t, map, { mutation: '1' });
  const last = await broken.until('MODIFIED', mutation('1'));
  await broken[Symbol.asyncDispose]();
  await change(t, map, { mutation: '2' });
  await using events = watchEvents(t, ConfigMap, selector, { resourceVersion: last.metadata.resourceVersion });
  await events.until('MODIFIED', mutation('2'));
  await remove(t, map);
  await events.until('DELETED', any);
});

const leavesSelector = test(codename('observe an object deletion if it stops meeting the requirements of the selector'), {}, async (t) => {
  const label = 'label-changed-and-restored';
  await using events = watchEvents(t, ConfigMap, `${KEY}=${label}`);
  const map = await make(t, label);
  await events.until('ADDED', any);
  await change(t, map, { mutation: '1' });
  await events.until('MODIFIED', mutation('1'));
  await change(t, map, { label: 'wrong-value' });
  await events.until('DELETED', mutation('1'));
  await change(t, map, { mutation: '2' });
  const before = events.seen.length;
  await t.sleep(3);
  equal(events.seen.length, before, 'events while the selector does not match');
  await change(t, map, { label });
  await events.until('ADDED', mutation('2'));
  await change(t, map, { mutation: '3' });
  await events.until('MODIFIED', mutation('3'));
  await remove(t, map);
  await events.until('DELETED', mutation('3'));
});

const WRITES = 60;

const sameOrder = test(codename('receive events on concurrent watches in same order'), {}, async (t) => {
  const { metadata } = await t.client.list(ConfigMap, { namespace: t.namespace });
  await using first = watchEvents(t, ConfigMap, 'order=yes', { resourceVersion: metadata.resourceVersion });
  const made: ConfigMap[] = [];
  for (let i = 0; i < WRITES; i++) {
    const old = made[Math.floor(t.shared.random.next() * made.length)];
    if (!old || t.shared.random.next() < 0.4) {
      made.push(await t.client.create(ConfigMap, { metadata: { name: `ordered-${i}`, labels: { order: 'yes' } } }, { namespace: t.namespace }));
    } else if (t.shared.random.next() < 0.6) await change(t, old, { mutation: String(i) });
    else {
      await remove(t, old);
      made.splice(made.indexOf(old), 1);
    }
  }
  await t.eventually('the first watch has seen every write', async () => first.seen.length >= WRITES);
  const revisions = first.seen.map(({ object }) => object.metadata.resourceVersion);
  for (let i = 0; i < revisions.length - 1; i += 10) {
    await using later = watchEvents(t, ConfigMap, 'order=yes', { resourceVersion: revisions[i]! });
    await t.eventually('the later watch catches up', async () => later.seen.length >= revisions.length - i - 1);
    equal(later.seen.map(({ object }) => object.metadata.resourceVersion), revisions.slice(i + 1), `what follows event ${i}`);
  }
  check(revisions.length === WRITES, 'one event for each write');
});

export const watchers: readonly TestCase[] = [observes, fromRevision, restarts, leavesSelector, sameOrder];
