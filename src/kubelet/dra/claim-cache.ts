/** Which claims pods of this node use, and which devices drivers prepared for them. Written down before a driver is asked. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/message-of.ts';
import type { Logger } from '../../base/log.ts';

export interface ClaimDevice {
  readonly poolName: string;
  readonly deviceName: string;
  /** Of the claim; none: all. */
  readonly requestNames: readonly string[];
  readonly cdiDeviceIds: readonly string[];
  readonly shareId?: string;
}

export interface ClaimInfo {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly pods: readonly string[];
  /** By driver. */
  readonly drivers: Readonly<Record<string, readonly ClaimDevice[]>>;
  /** Since this kubelet started: drivers are asked again by the next one. */
  readonly prepared: boolean;
}

const STATE = 'dra_manager_state';

const keyOf = ({ namespace, name }: Pick<ClaimInfo, 'namespace' | 'name'>): string => `${namespace}/${name}`;

export class ClaimCache {
  readonly #path: string;
  readonly #claims = new Map<string, ClaimInfo>();
  #saving: Promise<void> = Promise.resolve();

  constructor(dir: string) {
    this.#path = join(dir, STATE);
  }

  async load(log: Logger): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch(() => undefined);
    if (text === undefined) return;
    try {
      const { claims } = JSON.parse(text) as { readonly claims: readonly Omit<ClaimInfo, 'prepared'>[] };
      for (const claim of claims) this.set({ ...claim, prepared: false });
    } catch (error) {
      log.warn('the checkpoint of claims could not be read', { error: String(error) });
    }
  }

  get(namespace: string, name: string): ClaimInfo | undefined {
    return this.#claims.get(keyOf({ namespace, name }));
  }

  set(claim: ClaimInfo): void {
    this.#claims.set(keyOf(claim), claim);
  }

  delete(claim: ClaimInfo): void {
    this.#claims.delete(keyOf(claim));
  }

  ofPod(uid: string): readonly ClaimInfo[] {
    return [...this.#claims.values()].filter(({ pods }) => pods.includes(uid));
  }

  get pods(): readonly string[] {
    return [...new Set([...this.#claims.values()].flatMap(({ pods }) => pods))];
  }

  save(): Promise<void> {
    this.#saving = this.#saving.catch(() => {}).then(async () => {
      const claims = [...this.#claims.values()].map(({ uid, namespace, name, pods, drivers }) => ({ uid, namespace, name, pods, drivers }));
      await writeFile(`${this.#path}.tmp`, JSON.stringify({ version: 'v1', claims }));
      await rename(`${this.#path}.tmp`, this.#path);
    });
    return this.#saving.catch((error: unknown) => {
      throw new Error(`checkpoint ResourceClaim state: ${messageOf(error)}`, { cause: error });
    });
  }
}
