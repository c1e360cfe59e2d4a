import type { VolumePlugin } from '../plugin.ts';
import { configMapPlugin, downwardApiPlugin, projectedPlugin, secretPlugin } from './content.ts';
import { csiPlugin } from './csi.ts';
import { emptyDirPlugin } from './empty-dir.ts';
import { gitRepoPlugin } from './git-repo.ts';
import { hostPathPlugin } from './host-path.ts';
import { imagePlugin } from './image.ts';
import { localPlugin } from './local.ts';
import { nfsPlugin } from './nfs.ts';

export const plugins: readonly VolumePlugin[] = [
  emptyDirPlugin, configMapPlugin, secretPlugin, downwardApiPlugin, projectedPlugin, hostPathPlugin, localPlugin, nfsPlugin, csiPlugin, gitRepoPlugin, imagePlugin,
];
