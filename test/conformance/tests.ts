import type { TestCase } from './framework/test-case.ts';
import { combinedVolumes } from './sig-storage/combined.ts';
import { consumableVolumes } from './sig-storage/consumable.ts';
import { downwardVolumes } from './sig-storage/downward.ts';
import { emptyDirVolumes } from './sig-storage/empty-dir.ts';
import { subpaths } from './sig-storage/subpath.ts';
import { volumeUpdates } from './sig-storage/updates.ts';

/** Every test there is. The one list to add to. */
export const tests: readonly TestCase[] = [
  ...consumableVolumes, ...volumeUpdates, ...emptyDirVolumes, ...downwardVolumes, ...subpaths, ...combinedVolumes,
];
