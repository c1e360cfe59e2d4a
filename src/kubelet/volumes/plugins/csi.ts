/**
 * Volumes of CSI drivers, and those of clouds that have CSI drivers now. As long as no driver has registered with this kubelet, all
 * it can do is to say which one is missing.
 */
import type { VolumePlugin, VolumeSpec } from '../plugin.ts';
import { sourceOf, StepError } from '../plugin.ts';

/** Sources of old whose volumes a driver has taken over (KEP-625). */
const MIGRATED: Readonly<Record<string, string>> = {
  awsElasticBlockStore: 'ebs.csi.aws.com', gcePersistentDisk: 'pd.csi.storage.gke.io', azureDisk: 'disk.csi.azure.com', azureFile: 'file.csi.azure.com',
  cinder: 'cinder.csi.openstack.org', vsphereVolume: 'csi.vsphere.vmware.com', portworxVolume: 'pxd.portworx.com',
};

export const csiPlugin: VolumePlugin = {
  name: 'kubernetes.io/csi',
  hasMountOptions: true,
  supports: (spec) => driverOf(spec) !== undefined,
  setUp(spec) {
    const missing = `driver name ${driverOf(spec)} not found in the list of registered CSI drivers`;
    if (spec.volume.csi) return Promise.reject(new Error(`kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: ${missing}`));
    return Promise.reject(new StepError('MountVolume.MountDevice', `kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: ${missing}`));
  },
  mapDevice: (spec) => Promise.reject(new StepError('MapVolume.SetUpDevice', `kubernetes.io/csi: blockMapper.SetUpDevice failed to get CSI client: driver name ${driverOf(spec)} not found in the list of registered CSI drivers`)),
};

function driverOf(spec: VolumeSpec): string | undefined {
  const source = sourceOf(spec);
  const migrated = Object.keys(source).find((name) => name in MIGRATED);
  return source.csi?.driver ?? (migrated === undefined ? undefined : MIGRATED[migrated]);
}

/** How a node names a volume that has to be attached; undefined for one that has not. */
export const attachableName = ({ persistent }: VolumeSpec): string | undefined =>
  persistent?.spec.csi && `kubernetes.io/csi/${persistent.spec.csi.driver}^${persistent.spec.csi.volumeHandle}`;
