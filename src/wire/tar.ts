/** Writing of tar archives (POSIX.1-2001 ustar): as much as an image layer and an OCI archive need. */
export type TarEntry =
  | { readonly type: 'file'; readonly path: string; readonly mode: number; readonly bytes: Uint8Array }
  | { readonly type: 'directory'; readonly path: string; readonly mode: number }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string };

const BLOCK = 512;
const FLAGS = { file: '0', directory: '5', symlink: '2' } as const;
const text = new TextEncoder();

/** Owner root, time zero: the same entries always give the same bytes. @throws RangeError on a path over 100 bytes */
export function tar(entries: readonly TarEntry[]): Uint8Array<ArrayBuffer> {
  const sizes = entries.map((entry) => BLOCK + (entry.type === 'file' ? padded(entry.bytes.length) : 0));
  const archive = new Uint8Array(sizes.reduce((sum, size) => sum + size, 2 * BLOCK));
  let at = 0;
  entries.forEach((entry, index) => {
    archive.set(header(entry), at);
    if (entry.type === 'file') archive.set(entry.bytes, at + BLOCK);
    at += sizes[index]!;
  });
  return archive;
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

function header(entry: TarEntry): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, value: string): void => block.set(text.encode(value), at);
  const octal = (at: number, width: number, value: number): void => put(at, value.toString(8).padStart(width - 1, '0'));
  const path = entry.type === 'directory' ? `${entry.path.replace(/\/$/, '')}/` : entry.path;
  for (const name of [path, entry.type === 'symlink' ? entry.target : '']) {
    if (text.encode(name).length > 100) throw new RangeError(`path too long for a plain tar entry: ${name}`);
  }
  put(0, path);
  octal(100, 8, entry.type === 'symlink' ? 0o777 : entry.mode);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(124, 12, entry.type === 'file' ? entry.bytes.length : 0);
  octal(136, 12, 0);
  put(148, ' '.repeat(8)); // the checksum is summed over blanks in its own place
  put(156, FLAGS[entry.type]);
  if (entry.type === 'symlink') put(157, entry.target);
  put(257, 'ustar\u000000');
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\u0000 `);
  return block;
}
