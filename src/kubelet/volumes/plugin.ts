/** What a volume plugin is asked for. One for each kind of volume; `plugins/order.ts` names them all. */
import type { Clock, Millis } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Volume } from '../../kinds/core/volume.ts';
import type { NodeFacts } from '../containers/field-ref.ts';
import type { Directories } from '../containers/paths.ts';
import type { Mounter } from './mounter.ts';
import type { ReferredObjects } from './objects.ts';
import type { Tokens } from './tokens.ts';

/** One of a pod's volumes: its own, or what the claim it names is bound to. */
export interface VolumeSpec {
  readonly volume: Volume;
  readonly persistent?: PersistentVolume;
  /** As messages and directories call it: the persistent volume's name, or else the pod's own for it. */
  readonly name: string;
  /** As the pod or its claim asks for. */
  readonly readOnly: boolean;
  /** A device for the container, not a directory. */
  readonly isBlock: boolean;
}

/** Persistent volumes and those of a pod name their sources alike. */
export interface SharedSource extends Pick<Volume, 'hostPath' | 'nfs'> {
  readonly csi?: { readonly driver: string } | undefined;
}

export const sourceOf = ({ volume, persistent }: VolumeSpec): SharedSource => persistent?.spec ?? volume;

/** Where a claim's file system is for one pod. */
export interface ClaimedVolume {
  /** As the pod calls it. */
  readonly name: string;
  readonly claim: string;
  readonly path: string;
}

/** A volume that is ready for containers. */
export interface PreparedVolume {
  readonly name: string;
  /** '' where it has none: a device, an image. */
  readonly hostPath: string;
  /** Whatever the container's mount says. */
  readonly readOnly: boolean;
  /** On the node, of a volume of mode Block. */
  readonly device?: string;
  /** A group that the volume's files belong to, which the pod's processes are to be in. */
  readonly group?: number;
}

export interface VolumeManagerOptions extends Directories {
  readonly clock: Clock;
  readonly mounter: Mounter;
  readonly objects: ReferredObjects;
  readonly tokens: Tokens;
  readonly node: () => NodeFacts;
  /** What is done with volumes is counted. */
  readonly onOperation?: (operation: 'volume_mount' | 'map_volume' | 'volume_unmount', at: { readonly plugin: string; readonly failed: boolean }, span: Millis) => void;
  /** An event about the pod. */
  readonly tell: (pod: Pod, event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }) => void;
}

export interface PluginContext extends VolumeManagerOptions {
  readonly pod: Pod;
  readonly podIps: readonly string[];
  /** Where the pod has the volume, `<pod>/volumes/<plugin>/<name>`; the plugin makes it. */
  readonly dir: string;
  /** Not set up since the kubelet started: it may be there from before. */
  readonly isFirst: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface VolumePlugin {
  /** `kubernetes.io/empty-dir` */
  readonly name: string;
  supports(spec: VolumeSpec): boolean;
  /** Its content is the API's: it is set up again at each sync. */
  readonly followsObjects?: true;
  readonly hasMountOptions?: true;
  /** How full the volume is, the file system that is mounted there says. */
  readonly isFileSystem?: true;
  /** Called before each try. @throws Error where the volume cannot be one of this kind */
  check?(spec: VolumeSpec, at: PluginContext): Promise<void> | void;
  /** Makes it, or finds that it is there: also after a restart of the kubelet. @throws Error with upstream's text */
  setUp(spec: VolumeSpec, at: PluginContext): Promise<Pick<PreparedVolume, 'hostPath' | 'readOnly'>>;
  /** The device on the node, of volumes of mode Block. Plugins without it have no such volumes. */
  mapDevice?(spec: VolumeSpec, at: PluginContext): Promise<string>;
}

/** A step that failed, before the word `failed`: `MountVolume.SetUp`. */
export class StepError extends Error {
  readonly step: string;
  constructor(step: string, cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = 'StepError';
    this.step = step;
  }
}
