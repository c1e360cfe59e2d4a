import { isAbsolute, join, resolve } from 'node:path';
import { Option } from 'commander';
import type { CommandLine } from './main.ts';

/** `--data-dir`, then $KNARR_HOME, then ~/.knarr. */
export const dataDirOption = (line: CommandLine): Option =>
  new Option('--data-dir <dir>', 'where the cluster keeps everything it has')
    .default(line.env.KNARR_HOME || join(line.homeDir, '.knarr'), '$KNARR_HOME or ~/.knarr')
    .argParser((dir: string) => (isAbsolute(dir) ? dir : resolve(dir)));
