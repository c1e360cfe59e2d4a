import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { ask, listen } from './control.ts';

test('one supervisor listens for a data directory, a second one is told so', async () => {
  const dataDir = `/nonexistent/${randomUUID()}`;
  expect(await ask(dataDir, 'state')).toBeUndefined();
  const first = await listen(dataDir, async (command) => ({ heard: command }));
  expect(first).toBeDefined();
  expect(await listen(dataDir, async () => ({}))).toBeUndefined();
  expect(await ask(dataDir, 'state')).toEqual({ heard: 'state' });
  await new Promise((resolve) => first!.close(resolve));
  expect(await ask(dataDir, 'state')).toBeUndefined();
});
