/**
 * Volumes that a controller attaches to the node before they can be mounted. The two agree through the node's status: what the
 * kubelet uses or is about to use stands in volumesInUse, and is not detached; what stands in volumesAttached may be mounted.
 */
import type { Client } from '../../client/index.ts';
import type { Node } from '../../kinds/core/node.ts';
import { CSIDriver } from '../../kinds/storage/csi-driver.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { VolumeSpec } from './plugin.ts';
import { attachableName } from './plugins/csi.ts';

export interface Attachments {
  /** Called for each pod whose volumes were looked at. */
  desire(uid: string, specs: readonly VolumeSpec[]): void;
  release(uid: string): void;
  /** Whether it can be mounted; says that it is wanted. */
  isAttached(uid: string, spec: VolumeSpec): Promise<boolean>;
  isUnattached(spec: VolumeSpec): boolean;
  /** For the node's status; undefined as long as pods from before a restart have not been looked at: what the status says holds until then. */
  inUse(): readonly string[] | undefined;
  /** Pods whose volumes are not attached yet: a change of the node concerns them. */
  waiting(): readonly string[];
  /** Pods that were here before. */
  await(uids: readonly string[]): void;
}

export interface AttachmentsOptions {
  readonly client: Client;
  readonly self: () => Node | undefined;
  readonly onInUse?: () => void;
}

export const attachmentsOf = (options: AttachmentsOptions): Attachments => new Attached(options);

const MANAGED = 'volumes.kubernetes.io/controller-managed-attach-detach';

class Attached implements Attachments {
  readonly #options: AttachmentsOptions;
  readonly #desired = new Map<string, Set<string>>();
  readonly #waiting = new Set<string>();
  #awaited: Set<string> | undefined;

  constructor(options: AttachmentsOptions) {
    this.#options = options;
  }

  desire(uid: string, specs: readonly VolumeSpec[]): void {
    const known = this.#desired.get(uid) ?? new Set();
    this.#desired.set(uid, known);
    for (const name of specs.map(attachableName)) if (name !== undefined) this.#want(known, name);
    this.#seen(uid);
  }

  release(uid: string): void {
    const had = this.#desired.get(uid);
    this.#waiting.delete(uid);
    this.#desired.delete(uid);
    this.#seen(uid);
    if (had?.size) this.#options.onInUse?.();
  }

  async isAttached(uid: string, spec: VolumeSpec): Promise<boolean> {
    const name = attachableName(spec);
    if (name === undefined) return true;
    const known = this.#desired.get(uid) ?? new Set();
    this.#desired.set(uid, known);
    this.#want(known, name);
    const attached = !(await this.#needsAttaching(spec)) || !this.isUnattached(spec);
    if (attached) this.#waiting.delete(uid);
    else this.#waiting.add(uid);
    return attached;
  }

  isUnattached(spec: VolumeSpec): boolean {
    const name = attachableName(spec);
    const self = this.#options.self();
    if (name === undefined || self?.metadata.annotations?.[MANAGED] === undefined) return false;
    const { volumesInUse = [], volumesAttached = [] } = self.status;
    // Before the node has said that it uses it, the controller may be detaching it.
    return !volumesInUse.includes(name) || !volumesAttached.some((attached) => attached.name === name);
  }

  inUse(): readonly string[] | undefined {
    if (!this.#awaited || this.#awaited.size > 0) return undefined;
    return [...new Set([...this.#desired.values()].flatMap((names) => [...names]))].toSorted();
  }

  waiting(): readonly string[] {
    return [...this.#waiting];
  }

  await(uids: readonly string[]): void {
    this.#awaited = new Set(uids.filter((uid) => !this.#desired.has(uid)));
  }

  #want(known: Set<string>, name: string): void {
    if (known.has(name)) return;
    known.add(name);
    this.#options.onInUse?.();
  }

  #seen(uid: string): void {
    this.#awaited?.delete(uid);
  }

  async #needsAttaching({ persistent }: VolumeSpec): Promise<boolean> {
    const driver = await this.#options.client.get(CSIDriver, persistent!.spec.csi!.driver).catch((error: unknown) => {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    });
    return driver?.spec.attachRequired !== false;
  }
}
