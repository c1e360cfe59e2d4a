/** The kinds against upstream's samples, one object of each with every field set, where they lie beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeBare } from '../schema/decode.ts';
import type { Kind } from '../schema/kind.ts';
import { builtinKinds } from './index.ts';

const root = join(import.meta.dirname, '..', '..');
const directory = ['..', '../..'].map((up) => join(root, up, 'shared', 'upstream', 'samples')).find((path) => existsSync(path)) ?? '';
const fileOf = ({ group, version, kind }: Kind): string => join(directory, `${group || 'core'}.${version}.${kind}.json`);

describe.skipIf(directory === '')('upstream\'s samples (skipped where shared/upstream is not beside the repository)', () => {
  test.each(builtinKinds.filter((kind) => existsSync(fileOf(kind))).map((kind) => [`${kind.group}/${kind.version} ${kind.kind}`, kind] as const))('%s is read as it is written', (_, kind) => {
    const sample = (): unknown => JSON.parse(readFileSync(fileOf(kind), 'utf8'));
    expect(decodeBare(kind, sample())).toEqual({ value: sample(), problems: [] });
  });
});
