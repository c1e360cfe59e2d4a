import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idOf } from '../settings.ts';
import type { ComponentStatus } from '../../cli/index.ts';

export interface SupervisorState {
  readonly pid: number;
  readonly components: readonly ComponentStatus[];
  /** What keeps the nodes from being started; tried again and again. */
  readonly trouble: string | undefined;
}

/** A supervisor that is told to let go may be in the middle of making a node. */
const PATIENCE = 20_000;

/** `reload`: the settings on disk are others now; answered when links follow and nothing is kept that should not run. */
export type Command = 'state' | 'release' | 'reload';

/**
 * Where the supervisor of a data directory listens: there can be one only, and the kernel gives the name back when it
 * dies. Linux has names outside the file system for this (unix(7), abstract sockets).
 */
const addressOf = (dataDir: string): string =>
  process.platform === 'linux' ? `\0knarr-${idOf(dataDir)}` : join(tmpdir(), `knarr-${idOf(dataDir)}.sock`);

/** Listens for commands, one line each, answered with one line of JSON. @returns undefined when another supervisor does. */
export async function listen(dataDir: string, answer: (command: Command) => Promise<unknown>): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => {}); // the other side gave up
    void readLine(socket).then(async (line) => socket.end(`${JSON.stringify(await answer(line as Command))}\n`), () => socket.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(addressOf(dataDir), () => resolve(server));
  });
}

/** The supervisor's answer, or undefined when there is none. */
export function ask(dataDir: string, command: 'state'): Promise<SupervisorState | undefined>;
export function ask(dataDir: string, command: 'release' | 'reload'): Promise<{ readonly pid: number; readonly trouble?: string } | undefined>;
export function ask(dataDir: string, command: Command): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = createConnection(addressOf(dataDir), () => socket.write(`${command}\n`));
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined)); // does nothing once there was an answer
    void readLine(socket).then((line) => resolve(JSON.parse(line)), () => resolve(undefined));
  });
}

function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    socket.on('close', () => reject(new Error('closed before a whole line')));
  });
}
