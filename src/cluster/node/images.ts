import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Millis } from '../../base/clock.ts';
import { ociArchive } from '../../wire/oci.ts';
import { writeWhole } from '../files.ts';
import { BUSYBOX_IMAGES, busyboxImage, PAUSE_IMAGE, pauseImage } from '../images/own.ts';
import type { Layout, NodeLayout } from '../layout.ts';
import type { Exec } from '../machine/exec.ts';

/** How long a containerd may take to answer, and how often it is asked. */
const PATIENCE: Millis = 30_000;
const LOOK: Millis = 50;

/** containerd's client: it looks into the namespace in which CRI keeps its images. */
const ctr = (node: NodeLayout, ...args: readonly string[]): [string, readonly string[]] =>
  ['ctr', ['--address', node.containerdSocket, '--namespace', 'k8s.io', ...args]];

/** Waits for the node's containerd and puts the images made from this machine's own programs into it. */
export async function provideOwnImages(layout: Layout, node: NodeLayout, { exec, clock, signal }: { exec: Exec; clock: Clock; signal: AbortSignal }): Promise<void> {
  const until = clock.monotonic() + PATIENCE;
  let names = await exec.run(...ctr(node, 'images', 'list', '-q'));
  while (names.code !== 0) {
    if (clock.monotonic() > until) throw new Error(`containerd does not answer: ${names.stderr.trim()}`);
    await clock.sleep(LOOK, signal);
    if (existsSync(node.containerdSocket)) names = await exec.run(...ctr(node, 'images', 'list', '-q'));
  }
  const have = new Set(names.stdout.split('\n'));
  if ([PAUSE_IMAGE, ...BUSYBOX_IMAGES].every((name) => have.has(name))) return;
  await importImages(node, await ownArchive(layout, exec), exec);
}

/** The archive of our own images, made when the node first needs it. */
async function ownArchive(layout: Layout, exec: Exec): Promise<string> {
  const file = join(layout.dataDir, 'images', 'own.tar');
  if (!existsSync(file)) await writeWhole(file, await ociArchive([await pauseImage(), await busyboxImage(exec)]));
  return file;
}

/** @returns the names that were imported */
export async function importImages(node: NodeLayout, file: string, exec: Exec): Promise<readonly string[]> {
  const said = await exec.must(...ctr(node, 'images', 'import', file));
  return [...said.matchAll(/^unpacking (\S+)/gm)].map((match) => match[1]!);
}

export async function listImages(node: NodeLayout, exec: Exec): Promise<readonly { name: string; digest: string; size: string }[]> {
  const text = await exec.must(...ctr(node, 'images', 'list'));
  // REF TYPE DIGEST SIZE PLATFORMS LABELS, the size being a number and its unit.
  return text.split('\n').slice(1).map((line) => line.trim().split(/\s+/)).filter((cells) => cells.length > 5 && !cells[0]!.startsWith('sha256:'))
    .map(([name = '', , digest = '', size = '', unit = '']) => ({ name, digest, size: `${size} ${unit}` }));
}
