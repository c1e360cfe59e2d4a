import { expect, test } from 'vitest';
import { ManualClock, settle } from '../base/clock.ts';
import { silent } from '../base/log.ts';
import { concernsRules } from './masquerade.ts';
import { KernelWatch } from './kernel-watch.ts';
import { Monitors } from './testing/monitors.ts';

test('who waits for what the kernel says is told of what matters, and of nothing after that', async () => {
  const monitors = new Monitors();
  await using kernel = new KernelWatch({ run: monitors.run, clock: new ManualClock(), log: silent });
  const told: string[] = [];
  using _links = kernel.on('links', (line) => line.includes('eth0'), () => told.push('links'));
  const rules = kernel.on('rules', concernsRules, () => told.push('rules'));
  monitors.say('links', '[LINK]3: eth0: <UP> mtu 1500');
  monitors.say('links', '[LINK]9: veth1: <UP> mtu 1500');
  monitors.say('rules', ' EVENT: -4 -t nat -A POSTROUTING -j KNARR-POSTROUTING');
  for (const line of [' EVENT: -4 -t nat -D POSTROUTING -j KNARR-POSTROUTING', ' EVENT: -6 -t filter -D KNARR-FORWARD -s fd00::/8 -j ACCEPT', ' EVENT: nft: DEL table: table filter ip flags 0 use 0 handle 8']) monitors.say('rules', line);
  expect(told).toEqual(['links', 'rules', 'rules', 'rules']);
  rules[Symbol.dispose]();
  monitors.say('rules', ' EVENT: -4 -t nat -D POSTROUTING -j KNARR-POSTROUTING');
  expect(told).toHaveLength(4);
});

test('a program that ends is begun again, and those who wait look for themselves, then and once it runs', async () => {
  const [monitors, clock] = [new Monitors(), new ManualClock()];
  await using kernel = new KernelWatch({ run: monitors.run, clock, log: silent });
  let told = 0;
  using _rules = kernel.on('rules', () => false, () => told++);
  for (let n = 0; n < 3; n++) {
    await settle();
    await clock.advance(20_000);
    monitors.end('rules'); // a rule that it has no words for
    await settle();
    expect(told).toBe(2 * n + 1);
    await clock.advance(500);
    expect([monitors.begun('rules'), told]).toEqual([n + 2, 2 * n + 2]);
  }
});

test('a program that is not there is asked for once in a minute', async () => {
  const [monitors, clock] = [new Monitors(), new ManualClock()];
  await using _kernel = new KernelWatch({ run: monitors.run, clock, log: silent });
  await settle();
  monitors.end('rules', 127);
  await settle();
  await clock.advance(59_000);
  expect(monitors.begun('rules')).toBe(1);
  await clock.advance(2_000);
  expect(monitors.begun('rules')).toBe(2);
});
