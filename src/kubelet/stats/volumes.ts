import type { Volume } from '../../kinds/core/volume.ts';

/** The directory below `volumes` of volumes that take room of this node; undefined for others. */
export function emptyDirsOf(volume: Volume): string | undefined {
  const plugin = (Object.keys(PLUGINS) as (keyof typeof PLUGINS)[]).find((type) => volume[type] !== undefined);
  return plugin && `kubernetes.io~${PLUGINS[plugin]}`;
}

const PLUGINS = { emptyDir: 'empty-dir', configMap: 'configmap', secret: 'secret', downwardAPI: 'downwardapi', projected: 'projected' } as const;
