/** The kernel's table of mounts, as proc(5) describes /proc/self/mountinfo. Pure. */
export interface MountPoint {
  readonly path: string;
  /** `major:minor` of the file system, and the path in it that is mounted here. */
  readonly device: string;
  readonly root: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
  /** Whether mounts below it appear in other mount namespaces. */
  readonly shared: boolean;
}

/** In the order of the kernel: of several at one path the last one is seen. */
export function parseMountTable(text: string): readonly MountPoint[] {
  return text.split('\n').filter((line) => line !== '').map((line) => {
    const words = line.split(' ');
    const dash = words.indexOf('-', 6);
    const [, , device, root, path, options] = words;
    const [type, source, ofFileSystem] = words.slice(dash + 1);
    return {
      path: unescape(path!), device: device!, root: unescape(root!), type: type ?? '', source: unescape(source ?? ''),
      options: [...options!.split(','), ...(ofFileSystem ?? '').split(',')],
      shared: words.slice(6, dash).some((field) => field.startsWith('shared:')),
    };
  });
}

/** Space, tab, newline and backslash are written in octal. */
const unescape = (text: string): string => text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

export const isWithin = (path: string, dir: string): boolean => path === dir || path.startsWith(dir === '/' ? '/' : `${dir}/`);

/** What is seen at a path, if it is a mount point. */
export const mountAt = (table: readonly MountPoint[], path: string): MountPoint | undefined => table.findLast((point) => point.path === path);

/** Mount points at or below a directory, in the order they can be unmounted in. */
export const mountsBelow = (table: readonly MountPoint[], dir: string): readonly MountPoint[] => table.filter(({ path }) => isWithin(path, dir)).toReversed();

/** Where else the file system or directory that a path is on is mounted (the path need not be a mount point itself). */
export function mountsOfSame(table: readonly MountPoint[], path: string): readonly MountPoint[] {
  const home = table.filter((point) => isWithin(path, point.path)).toSorted((a, b) => b.path.length - a.path.length)[0];
  if (!home) return [];
  const inside = path.slice(home.path === '/' ? 0 : home.path.length);
  const root = `${home.root === '/' ? '' : home.root}${inside}` || '/';
  return table.filter((point) => point.device === home.device && point.root === root && point.path !== path);
}
