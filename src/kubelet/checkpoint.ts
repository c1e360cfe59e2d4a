/** What the kubelet writes down to know it after a restart: whole or not at all, and with a checksum, so that damage shows. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fnv1a } from './fnv.ts';
import { jsonProblem } from '../meta/json-error.ts';

/** In upstream's words: its programs and their messages are known to who repairs nodes. */
export class CheckpointError extends Error {}

export async function writeCheckpoint(path: string, content: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.tmp`, JSON.stringify({ ...content, checksum: fnv1a(JSON.stringify(content)) }));
  await rename(`${path}.tmp`, path);
}

/** undefined where there is none. One without a checksum is taken at its word. @throws CheckpointError where it is damaged */
export async function readCheckpoint(path: string): Promise<object | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { checksum, ...content } = parsed(text);
  if (checksum !== undefined && checksum !== fnv1a(JSON.stringify(content))) throw new CheckpointError('checkpoint is corrupted');
  return content;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CheckpointError(jsonProblem(text));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new CheckpointError('checkpoint is corrupted');
  return value as Readonly<Record<string, unknown>>;
}

/** A state that cannot be believed must not be guessed at: somebody has to look. */
export function mustDrain(why: string, { what, path }: { readonly what: string; readonly path: string }): Error {
  return new Error(`could not restore state from checkpoint: ${why}, please drain this node and delete the ${what} checkpoint file ${JSON.stringify(path)} before restarting Kubelet`);
}
