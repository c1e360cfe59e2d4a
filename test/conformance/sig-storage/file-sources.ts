import { ConfigMap } from '../../../src/kinds/core/config-map.ts';
import { Secret } from '../../../src/kinds/core/secret.ts';
import type { Volume } from '../../../src/kinds/core/volume.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import type { Context } from '../framework/context.ts';

export type Data = Readonly<Record<string, string>>;

export interface VolumeOptions {
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
  readonly defaultMode?: number;
  readonly optional?: boolean;
}

/** An object whose keys a volume shows as files: the same tests hold of each. */
export interface FileSource {
  /** As upstream's names have it. */
  readonly title: string;
  create(t: Context, name: string, data: Data, namespace?: string): Promise<void>;
  update(t: Context, name: string, data: Data): Promise<void>;
  delete(t: Context, name: string): Promise<void>;
  volume(volumeName: string, objectName: string, options?: VolumeOptions): DeepPartial<Volume>;
}

const encode = (data: Data): Data => Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));

const configMaps: Omit<FileSource, 'title' | 'volume'> = {
  create: async (t, name, data, namespace = t.namespace) => void (await t.client.create(ConfigMap, { metadata: { name, namespace }, data })),
  async update(t, name, data) {
    const old = await t.client.get(ConfigMap, name, { namespace: t.namespace });
    await t.client.update(ConfigMap, { ...old, data });
  },
  delete: async (t, name) => void (await t.client.delete(ConfigMap, name, { namespace: t.namespace })),
};

const secrets: Omit<FileSource, 'title' | 'volume'> = {
  create: async (t, name, data, namespace = t.namespace) =>
    void (await t.client.create(Secret, { metadata: { name, namespace }, data: encode(data) })),
  async update(t, name, data) {
    const old = await t.client.get(Secret, name, { namespace: t.namespace });
    await t.client.update(Secret, { ...old, data: encode(data) });
  },
  delete: async (t, name) => void (await t.client.delete(Secret, name, { namespace: t.namespace })),
};

export const configMapSource: FileSource = {
  ...configMaps, title: 'ConfigMap',
  volume: (name, object, options) => ({ name, configMap: { name: object, ...options } }),
};

export const secretSource: FileSource = {
  ...secrets, title: 'Secrets',
  volume: (name, secretName, options) => ({ name, secret: { secretName, ...options } }),
};

export const projectedConfigMapSource: FileSource = {
  ...configMaps, title: 'Projected configMap',
  volume: (name, object, { defaultMode, ...options } = {}) =>
    ({ name, projected: { ...(defaultMode !== undefined && { defaultMode }), sources: [{ configMap: { name: object, ...options } }] } }),
};

export const projectedSecretSource: FileSource = {
  ...secrets, title: 'Projected secret',
  volume: (name, object, { defaultMode, ...options } = {}) =>
    ({ name, projected: { ...(defaultMode !== undefined && { defaultMode }), sources: [{ secret: { name: object, ...options } }] } }),
};
