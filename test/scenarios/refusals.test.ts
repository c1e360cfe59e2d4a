/** What cannot be done is said in one line, and leaves nothing behind. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, KNARR, must, run } from './testing/cluster.ts';

let dataDir: string;
let taken: Server;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'knarr-e2e-'));
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '0.0.0.0', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => taken?.close(resolve));
  await rm(dataDir, { recursive: true, force: true });
});

const knarr = (...args: readonly string[]) => run(process.execPath, [KNARR, ...args]);

test('up on a port in use names the port', async () => {
  const { port } = taken.address() as AddressInfo;
  const { code, stderr } = await knarr('up', '--data-dir', dataDir, '--port', String(port), '--simulated', '1');
  expect(code).toBe(1);
  expect(stderr).toBe(`knarr: port ${port} is in use by another program\n       choose another with: knarr up --port PORT\n`);
  expect(existsSync(join(dataDir, 'cluster.json'))).toBe(false);
});

test('up on a machine that lacks a program names it, and installs nothing when told not to', async () => {
  // In a mount namespace of its own, where containerd's client is not a program.
  await must('sh', ['-c', 'command -v ctr || (apt-get update && apt-get install -y --no-install-recommends containerd)']);
  const up = `${process.execPath} ${KNARR} up --data-dir ${dataDir} --port ${await freePort()} --no-install`;
  const { code, stderr } = await run('unshare', ['-m', 'sh', '-c', `mount --bind /dev/null "$(command -v ctr)"; exec ${up}`]);
  expect(code).toBe(1);
  expect(stderr).toContain('knarr: this machine lacks ctr');
  expect(stderr).toContain('install them with: apt-get install -y --no-install-recommends containerd');
  expect(existsSync(join(dataDir, 'cluster.json'))).toBe(false);
});

test('down where there is no cluster says so and deletes nothing', async () => {
  const { code, stderr } = await knarr('down', '--data-dir', dataDir, '--purge');
  expect(code).toBe(1);
  expect(stderr).toBe(`knarr: there is no cluster in ${dataDir}\n`);
  expect(existsSync(dataDir)).toBe(true);
});

test('status where there is no cluster fails and says so', async () => {
  const { code, stdout } = await knarr('status', '--data-dir', dataDir);
  expect(code).toBe(1);
  expect(stdout).toBe(`No cluster runs on ${dataDir}.\n`);
});

test('an unknown flag names the nearest one', async () => {
  const { code, stderr } = await knarr('up', '--simulate', '3');
  expect(code).toBe(2);
  expect(stderr).toBe("knarr: unknown option '--simulate'; did you mean --simulated?\n");
});

test('image load of a file that is not there says so', async () => {
  const { code, stderr } = await knarr('image', 'load', '/nonexistent.tar', '--data-dir', dataDir);
  expect(code).toBe(1);
  expect(stderr).toBe('knarr: there is no file /nonexistent.tar\n');
});
