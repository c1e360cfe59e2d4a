import { tar, type TarEntry } from './tar.ts';

/** One image as it is to be: its files in one layer, and how its container starts (OCI image specification 1.0). */
export interface ImageSpec {
  /** Full references: `knarr.local/busybox:latest`. */
  readonly names: readonly string[];
  readonly architecture: string;
  readonly files: readonly TarEntry[];
  readonly config: {
    readonly Entrypoint?: readonly string[];
    readonly Cmd?: readonly string[];
    readonly Env?: readonly string[];
    readonly User?: string;
    readonly WorkingDir?: string;
    readonly ExposedPorts?: Readonly<Record<string, object>>;
    readonly Volumes?: Readonly<Record<string, object>>;
  };
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const text = new TextEncoder();
const json = (value: unknown): Uint8Array<ArrayBuffer> => text.encode(JSON.stringify(value));

/** An OCI image layout in one tar, as `ctr images import` and `docker load` read it. */
export async function ociArchive(images: readonly ImageSpec[]): Promise<Uint8Array<ArrayBuffer>> {
  const blobs = new Map<string, TarEntry>();
  const keep = async (bytes: Uint8Array<ArrayBuffer>, mediaType: string): Promise<Descriptor> => {
    const hex = [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    blobs.set(hex, { type: 'file', path: `blobs/sha256/${hex}`, mode: 0o644, bytes });
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const manifests: object[] = [];
  for (const { names, architecture, files, config } of images) {
    const layer = await keep(tar(files), 'application/vnd.oci.image.layer.v1.tar');
    const settings = await keep(json({
      architecture, os: 'linux', config, rootfs: { type: 'layers', diff_ids: [layer.digest] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'knarr' }], created: '1970-01-01T00:00:00Z',
    }), 'application/vnd.oci.image.config.v1+json');
    const manifest = await keep(json({ schemaVersion: 2, mediaType: MANIFEST, config: settings, layers: [layer] }), MANIFEST);
    manifests.push(...names.map((name) => ({
      ...manifest,
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1) },
    })));
  }
  return tar([
    { type: 'file', path: 'oci-layout', mode: 0o644, bytes: json({ imageLayoutVersion: '1.0.0' }) },
    { type: 'file', path: 'index.json', mode: 0o644, bytes: json({ schemaVersion: 2, manifests }) },
    { type: 'directory', path: 'blobs', mode: 0o755 },
    { type: 'directory', path: 'blobs/sha256', mode: 0o755 },
    ...blobs.values(),
  ]);
}
