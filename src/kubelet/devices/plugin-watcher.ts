/**
 * Plugins that register by being there (https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/ is the
 * older way): a socket in the registry's directory is asked what it is, and told what became of it; when it goes, so does the plugin.
 */
import { watch } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { messageOf } from '../../base/message-of.ts';
import { Registration, REGISTRATION_PACKAGE } from '../dra/plugin-api.ts';
import { connectGrpc } from '../grpc/connection.ts';

export interface PluginHandler {
  /** @throws Error with what the plugin is told */
  register(plugin: { readonly name: string; readonly endpoint: string; readonly supportedVersions: readonly string[] }): void | Promise<void>;
  deregister(name: string, endpoint: string): void;
}

export interface PluginWatcherOptions {
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** By the type a plugin says it is of: `DRAPlugin`. */
  readonly handlers: Readonly<Record<string, PluginHandler>>;
}

interface Known {
  /** Of the socket: another one of the same name is another plugin. */
  readonly mark: string;
  readonly registered?: { readonly handler: PluginHandler; readonly name: string; readonly endpoint: string };
  /** When to ask again one that could not be registered. */
  readonly retryAt: Millis;
  readonly wait: Millis;
}

/** Changes that no event told of. */
const SCAN_PERIOD: Millis = 10_000;
const FIRST_RETRY: Millis = 500;
const LAST_RETRY: Millis = 122_000;
const CALL_SECONDS = 10;

export async function startPluginWatcher(options: PluginWatcherOptions): Promise<AsyncDisposable> {
  await mkdir(options.dir, { recursive: true, mode: 0o750 });
  return new PluginWatcher(options);
}

class PluginWatcher implements AsyncDisposable {
  readonly #options: PluginWatcherOptions;
  readonly #known = new Map<string, Known>();
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #wake = new AbortController();

  constructor(options: PluginWatcherOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { dir, clock } = this.#options;
    const { signal } = this.#stop;
    const watcher = watch(dir, { persistent: false, recursive: true }, () => this.#wake.abort());
    watcher.on('error', () => {});
    try {
      while (!signal.aborted) {
        this.#wake = new AbortController();
        await this.#scan();
        const due = Math.min(SCAN_PERIOD, ...[...this.#known.values()].filter(({ registered }) => !registered).map(({ retryAt }) => Math.max(0, retryAt - clock.monotonic())));
        await clock.sleep(due, AbortSignal.any([signal, this.#wake.signal])).catch(() => {});
      }
    } finally {
      watcher.close();
    }
  }

  async #scan(): Promise<void> {
    const { clock } = this.#options;
    const sockets = await socketsIn(this.#options.dir);
    for (const [path, { registered, mark }] of this.#known) {
      if (sockets.get(path) === mark) continue;
      this.#known.delete(path);
      registered?.handler.deregister(registered.name, registered.endpoint);
    }
    for (const [path, mark] of sockets) {
      const known = this.#known.get(path);
      if (known?.registered || this.#stop.signal.aborted || (known && known.retryAt > clock.monotonic())) continue;
      const registered = await this.#register(path);
      const wait = registered ? 0 : Math.min(known ? known.wait * 2 : FIRST_RETRY, LAST_RETRY);
      this.#known.set(path, { mark, wait, retryAt: clock.monotonic() + wait, ...(registered ? { registered } : {}) });
    }
  }

  async #register(path: string): Promise<Known['registered']> {
    const { clock, log, handlers } = this.#options;
    using connection = connectGrpc(path, { clock });
    const { call } = connection.service(REGISTRATION_PACKAGE, { Registration });
    const within = { deadlineSeconds: CALL_SECONDS, signal: this.#stop.signal };
    try {
      const { type, name, endpoint, supportedVersions } = await call('GetInfo', {}, within);
      const plugin = { name, endpoint: endpoint || path, supportedVersions };
      const handler = handlers[type];
      try {
        if (!handler) throw new Error(`no handler registered for plugin type: ${type} at socket ${path}`);
        await handler.register(plugin);
      } catch (error) {
        await call('NotifyRegistrationStatus', { pluginRegistered: false, error: `RegisterPlugin error -- ${messageOf(error)}` }, within);
        throw error;
      }
      await call('NotifyRegistrationStatus', { pluginRegistered: true }, within).catch((error: unknown) => {
        handler.deregister(plugin.name, plugin.endpoint);
        throw error;
      });
      return { handler, name, endpoint: plugin.endpoint };
    } catch (error) {
      if (!this.#stop.signal.aborted) log.info('a plugin could not be registered', { socket: path, error: messageOf(error) });
      return undefined;
    }
  }
}

/** Sockets below the directory and what tells each from another of its name. Hidden ones are being made. */
async function socketsIn(dir: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => []);
  const found = entries.filter((entry) => entry.isSocket() && !entry.name.startsWith('.')).map((entry) => join(entry.parentPath, entry.name));
  const marks = await Promise.all(found.map((path) => stat(path, { bigint: true }).then(({ ino, ctimeNs }) => [[path, `${ino}/${ctimeNs}`]] as const, () => [])));
  return new Map(marks.flat());
}
