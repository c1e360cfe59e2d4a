import type { Random } from '../../../../base/random.ts';
import type { Files, OpenFile } from '../files.ts';

/** One call that changes the disk. A test may let it fail. */
export interface Operation {
  readonly type: 'create' | 'write' | 'truncate' | 'sync' | 'rename' | 'remove' | 'sync-directory';
  readonly path: string;
}
export type Fault = 'ENOSPC' | 'EIO';

const SECTOR = 512;

class SystemError extends Error {
  readonly code: string;
  constructor(code: string, path: string) {
    super(`${code}: ${path}`);
    this.code = code;
  }
}

/** A file: what its readers see, and what would be left without power. */
class Inode {
  current: Buffer = Buffer.alloc(0);
  durable: Buffer = Buffer.alloc(0);
  /** Ranges written since the last sync. */
  dirty: (readonly [from: number, to: number])[] = [];

  write(bytes: Uint8Array, at: number): void {
    if (at + bytes.byteLength > this.current.byteLength) this.truncate(at + bytes.byteLength);
    this.current.set(bytes, at);
    this.dirty.push([at, at + bytes.byteLength]);
  }

  truncate(length: number): void {
    const resized = Buffer.alloc(length);
    this.current.copy(resized);
    this.current = resized;
  }

  sync(): void {
    if (this.durable.byteLength !== this.current.byteLength) this.durable = Buffer.from(this.current);
    for (const [from, to] of this.dirty) this.current.copy(this.durable, from, from, to);
    this.dirty = [];
  }

  /** The file after a power cut: each sector that was not synced is there or not, as luck has it. */
  afterCrash(random: Random): Inode {
    const length = random.next() < 0.5 ? this.durable.byteLength : this.current.byteLength;
    const left = Buffer.alloc(length);
    this.durable.copy(left);
    for (const [from, to] of this.dirty) {
      for (let sector = from - (from % SECTOR); sector < Math.min(to, length); sector += SECTOR) {
        if (random.next() < 0.5) this.current.copy(left, sector, sector, Math.min(sector + SECTOR, length));
      }
    }
    const inode = new Inode();
    inode.current = left;
    inode.durable = Buffer.from(left);
    return inode;
  }
}

/** A file system in memory that fails where a test says so, and can lose its power. */
export class FaultDisk implements Files {
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  /** Asked before every operation; a fault makes it fail, a write after half its bytes. */
  fault: (operation: Operation) => Fault | undefined = () => undefined;
  /** From this many operations on, nothing succeeds and nothing changes. */
  powerCutAfter = Infinity;
  operations = 0;

  /** The disk as the next start finds it. */
  afterCrash(random: Random): FaultDisk {
    const disk = new FaultDisk();
    const survived = new Map<Inode, Inode>();
    for (const path of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      const before = this.#durableNames.get(path);
      const inode = before === this.#names.get(path) || random.next() < 0.5 ? before : this.#names.get(path);
      if (!inode) continue;
      if (!survived.has(inode)) survived.set(inode, inode.afterCrash(random));
      disk.#names.set(path, survived.get(inode)!);
    }
    disk.#durableNames = new Map(disk.#names);
    return disk;
  }

  /** The bytes of a file, to be looked at or damaged in place. */
  bytesOf(path: string): Buffer {
    return this.#inode(path).current;
  }

  async makeDirectory(): Promise<void> {}

  async list(directory: string): Promise<readonly string[]> {
    return [...this.#names.keys()].filter((path) => path.startsWith(`${directory}/`)).map((path) => path.slice(directory.length + 1));
  }

  async open(path: string, mode: 'read' | 'update' | 'create'): Promise<OpenFile> {
    if (mode === 'create') {
      this.#step({ type: 'create', path });
      if (this.#names.has(path)) throw new SystemError('EEXIST', path);
      this.#names.set(path, new Inode());
    }
    return this.#opened(path, this.#inode(path));
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step({ type: 'rename', path: from });
    this.#names.set(to, this.#inode(from));
    this.#names.delete(from);
  }

  async link(from: string, to: string): Promise<void> {
    this.#step({ type: 'create', path: to });
    if (this.#names.has(to)) throw new SystemError('EEXIST', to);
    this.#names.set(to, this.#inode(from));
  }

  async remove(path: string): Promise<void> {
    this.#step({ type: 'remove', path });
    this.#names.delete(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.#step({ type: 'sync-directory', path });
    this.#durableNames = new Map(this.#names);
  }

  #opened(path: string, inode: Inode): OpenFile {
    return {
      read: async (at, length) => Buffer.from(inode.current.subarray(at, at + length)),
      write: async (bytes, at) => {
        const half = () => inode.write(bytes.subarray(0, bytes.byteLength >> 1), at);
        this.#step({ type: 'write', path }, half);
        inode.write(bytes, at);
      },
      truncate: async (length) => {
        this.#step({ type: 'truncate', path });
        inode.truncate(length);
      },
      sync: async () => {
        this.#step({ type: 'sync', path });
        inode.sync();
      },
      close: async () => {},
    };
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (!inode) throw new SystemError('ENOENT', path);
    return inode;
  }

  #step(operation: Operation, beforeFault = () => {}): void {
    if (this.operations >= this.powerCutAfter) throw new SystemError('EIO', 'no power');
    this.operations++;
    if (this.operations === this.powerCutAfter) {
      beforeFault();
      throw new SystemError('EIO', 'no power');
    }
    const fault = this.fault(operation);
    if (!fault) return;
    beforeFault();
    throw new SystemError(fault, operation.path);
  }
}
