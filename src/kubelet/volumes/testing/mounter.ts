/** A machine's mounts as a table in memory: what is asked for is noted, and nothing is mounted. */
import { readlink } from 'node:fs/promises';
import type { ProgramResult } from '../../../base/program.ts';
import { isWithin } from '../mount-table.ts';
import type { MountPoint } from '../mount-table.ts';
import type { Mounter, MountRequest } from '../mounter.ts';

export class FakeMounter implements Mounter {
  readonly calls: string[] = [];
  readonly points: MountPoint[] = [];
  /** Answers of programs by their name. */
  readonly answers = new Map<string, ProgramResult>();
  /** Refuses everything, with these words. */
  refusal: string | undefined;
  /** Cannot be unmounted. */
  readonly busy = new Set<string>();

  table = async (): Promise<readonly MountPoint[]> => this.points;

  mount = async ({ source, target, type = '', options = [] }: MountRequest): Promise<void> => {
    this.calls.push(['mount', type, options.join(','), source, target].filter((word) => word !== '').join(' '));
    if (this.refusal !== undefined) throw new Error(this.refusal);
    const home = this.points.filter((point) => isWithin(source, point.path)).toSorted((a, b) => b.path.length - a.path.length)[0];
    const isBind = options.includes('bind');
    this.points.push({
      path: target, source, type: isBind ? 'ext4' : type, options, shared: false,
      device: isBind ? home?.device ?? '8:1' : `0:${this.points.length}`, root: isBind ? `${home?.root === '/' ? '' : home?.root ?? ''}${source.slice(home?.path.length ?? 0)}` || '/' : '/',
    });
  };

  bind = async (fd: number, target: string): Promise<string> => {
    await this.mount({ source: await readlink(`/proc/self/fd/${fd}`), target, options: ['bind'] });
    return target;
  };

  unmount = async (path: string): Promise<void> => {
    this.calls.push(`umount ${path}`);
    if (this.busy.has(path)) throw new Error(`unmount failed: exit status 32\nUnmounting arguments: ${path}\nOutput: target is busy.`);
    const at = this.points.findLastIndex((point) => point.path === path);
    if (at >= 0) this.points.splice(at, 1);
  };

  share = async (path: string): Promise<void> => void this.calls.push(`share ${path}`);

  run = async (command: string, args: readonly string[]): Promise<ProgramResult> => {
    this.calls.push([command, ...args].join(' '));
    return this.answers.get(command) ?? { code: 0, stdout: '', stderr: '' };
  };
}
