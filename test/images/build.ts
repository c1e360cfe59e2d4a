/** Images for tests, made from this machine's own busybox: no registry is asked. */
import { writeFile } from 'node:fs/promises';
import { busyboxImage } from '../../src/cluster/images/own.ts';
import { machineExec } from '../../src/cluster/machine/exec.ts';
import { ociArchive, type ImageSpec } from '../../src/wire/oci.ts';

/** Busybox and what is added to it. */
export interface TestImage {
  /** `knarr.local/test/greeter:1` */
  readonly name: string;
  /** Scripts and other text by path; all may be executed. */
  readonly files?: Readonly<Record<string, string>>;
  readonly config?: ImageSpec['config'];
}

/** One archive with all of them, as `knarr image load` takes it. */
export async function buildImages(file: string, images: readonly TestImage[]): Promise<void> {
  const base = await busyboxImage(machineExec);
  await writeFile(file, await ociArchive(images.map(({ name, files = {}, config = {} }): ImageSpec => ({
    ...base,
    names: [name],
    files: [...base.files, ...Object.entries(files).map(([path, text]) => ({
      type: 'file' as const, path: path.replace(/^\//, ''), mode: 0o755, bytes: new TextEncoder().encode(text),
    }))],
    config: { ...base.config, ...config },
  }))));
}
