import type { VolumePlugin } from '../plugin.ts';

/** Known so that its refusal says why. */
export const gitRepoPlugin: VolumePlugin = {
  name: 'kubernetes.io/git-repo',
  supports: ({ volume }) => volume.gitRepo !== undefined,
  check() {
    throw new Error('git-repo volume plugin has been disabled; if necessary, it may be re-enabled by enabling the feature-gate `GitRepoVolumeDriver`');
  },
  setUp: () => Promise.reject(new Error('git-repo volumes are never set up')),
};
