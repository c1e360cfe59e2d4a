import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { driverContract } from '../contract.ts';
import { walDriver } from './wal.ts';

const root = await mkdtemp(join(tmpdir(), 'knarr-wal-'));
let opened = 0;
afterAll(() => rm(root, { recursive: true }));

const open = () => walDriver({ directory: join(root, String(opened++)), random: seededRandom(1), log: silent });
driverContract('wal', open);
