import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { compareQuantity, parseQuantity } from '../../meta/quantity.ts';
import { defineController, watchOf, type Controller } from '../runtime/index.ts';

const RESIZER = 'volume.kubernetes.io/storage-resizer';
/** Volumes of which a CSI driver has taken over: the plugin they were of, and the driver (KEP-625). */
const MIGRATED: Readonly<Record<string, readonly [plugin: string, driver: string]>> = {
  awsElasticBlockStore: ['kubernetes.io/aws-ebs', 'ebs.csi.aws.com'],
  azureDisk: ['kubernetes.io/azure-disk', 'disk.csi.azure.com'],
  azureFile: ['kubernetes.io/azure-file', 'file.csi.azure.com'],
  cinder: ['kubernetes.io/cinder', 'cinder.csi.openstack.org'],
  gcePersistentDisk: ['kubernetes.io/gce-pd', 'pd.csi.storage.gke.io'],
  portworxVolume: ['kubernetes.io/portworx-volume', 'pxd.portworx.com'],
  vsphereVolume: ['kubernetes.io/vsphere-volume', 'csi.vsphere.vmware.com'],
};

/**
 * Tells those who let a claim grow who will see to it: the driver's external-resizer, which watches claims by itself and writes
 * what it has come to into their status (`allocatedResources`, conditions Resizing and FileSystemResizePending; KEP-1790).
 */
export function expandController(): Controller {
  /** The size last told of, by claim: every pass would say it again. */
  const told = new Map<string, string>();
  return defineController({
    name: 'expand',
    component: 'volume_expand',
    for: PersistentVolumeClaim,
    watches: [watchOf(PersistentVolume, ({ spec: { claimRef } }) => (claimRef ? [`${claimRef.namespace}/${claimRef.name}`] : []))],

    async reconcile(claim, { cache, client, events }) {
      const { uid, name, namespace = '' } = claim.metadata;
      const key = `${namespace}/${name}`;
      const wanted = `${uid} ${claim.spec.resources.requests?.storage}`;
      const volume = growing(claim) ? cache.get(PersistentVolume, claim.spec.volumeName ?? '') : undefined;
      if (volume?.spec.claimRef?.uid !== uid) return void told.delete(key);
      const [plugin, driver] = Object.entries(MIGRATED).find(([source]) => volume!.spec[source as keyof typeof volume.spec] !== undefined)?.[1] ?? [];
      if (told.get(key) !== wanted) {
        const message = plugin ? `CSI migration enabled for ${plugin}; waiting for external resizer to expand the pvc` : 'waiting for an external controller to expand this PVC';
        events.event(claim, 'Normal', 'ExternalExpanding', message);
        told.set(key, wanted);
      }
      if (driver === undefined || claim.metadata.annotations?.[RESIZER] === driver) return;
      await client.patch(PersistentVolumeClaim, name, { type: 'merge', body: { metadata: { annotations: { [RESIZER]: driver } } } }, { namespace, subresource: 'status' });
    },
    gone: async (key) => void told.delete(key),
  });
}

/** Whether a bound claim asks for more than its volume holds. */
function growing({ spec, status }: PersistentVolumeClaim): boolean {
  const [asked, held] = [spec.resources.requests?.storage, status.capacity?.storage];
  return status.phase === 'Bound' && asked !== undefined && compareQuantity(parseQuantity(asked), parseQuantity(held ?? '0')) > 0;
}
