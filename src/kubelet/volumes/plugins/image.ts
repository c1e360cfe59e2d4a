import type { VolumePlugin } from '../plugin.ts';

/** The files of an image: pulled as a container's own is, and mounted by the runtime. */
export const imagePlugin: VolumePlugin = {
  name: 'kubernetes.io/image',
  supports: ({ volume }) => volume.image !== undefined,
  setUp: () => Promise.resolve({ hostPath: '', readOnly: true }),
};
