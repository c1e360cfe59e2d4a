import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import { endProcess } from '../processes.ts';
import { LeftShims } from './left-shims.ts';

/** A process that looks like a shim with one child, until it is disposed: the kernel names a process by the link it was started through. */
async function shim(dir: string, { id, socket }: { readonly id: string; readonly socket: string }) {
  const program = join(dir, 'containerd-shim-runc-v2');
  const child: ChildProcess = spawn(program, ['-c', 'sleep 1000 & echo $!; wait', 'shim', '-namespace', 'k8s.io', '-id', id, '-address', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [said] = (await once(child.stdout!, 'data')) as [Buffer];
  const ended = once(child, 'exit');
  const grandchild = Number(said.toString());
  return { pid: child.pid!, grandchild, ended, async [Symbol.asyncDispose]() {
    endProcess(grandchild);
    child.kill('SIGKILL');
    await ended;
  } };
}

test.skipIf(process.platform !== 'linux')('a shim that the runtime does not know is ended with what it runs, others are left alone', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-shims-'));
  try {
    await symlink('/bin/sh', join(dir, 'containerd-shim-runc-v2'));
    const clock = new ManualClock();
    const cri = new FakeCri({ clock, random: seededRandom(1) });
    const socket = join(dir, 'containerd.sock');
    const id = await cri.runPodSandbox({ metadata: { name: 'p', namespace: 'n', uid: 'u' } });
    await using forgotten = await shim(dir, { id: 'forgotten', socket });
    await using serving = await shim(dir, { id, socket });
    await using others = await shim(dir, { id: 'forgotten', socket: '/run/another.sock' });
    const killed: number[] = [];
    const left = new LeftShims({ cri, clock, log: silent, socket, kill(pid) {
      killed.push(pid);
      endProcess(pid);
    } });
    await left.round();
    await clock.advance(120_000);
    await left.round();
    expect(killed).toEqual([]);
    await clock.advance(60_000);
    await left.round();
    expect(killed).toEqual([forgotten.grandchild, forgotten.pid]);
    await forgotten.ended;
    expect([serving, others].map(({ pid }) => process.kill(pid, 0))).toEqual([true, true]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
