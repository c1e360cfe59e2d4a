/**
 * What of a pod stands behind a gate that is off in v1.36: dropped without a word, unless the object had it before. The gates are
 * ContainerStopSignals, ClusterTrustBundleProjection, PodCertificateRequest, GenericWorkload and CrossNamespaceVolumeDataSource.
 */
import { mapItems, withFields } from '../change.ts';
import type { Container, EphemeralContainer } from './container.ts';
import type { PodSpec } from './pod-spec.ts';
import type { PodTemplateSpec } from './pod-template.ts';
import type { Volume, VolumeProjection } from './volume.ts';

/** The very same spec where there is nothing to drop, as in nearly all: every write of a pod asks. */
export function withoutGated(spec: PodSpec, old?: PodSpec): PodSpec {
  return spec.schedulingGroup || signals(spec) || spec.volumes?.some(mayBeGated) ? dropGated(spec, old) : spec;
}

const mayBeGated = ({ projected, ephemeral }: Volume): boolean =>
  ephemeral !== undefined || (projected?.sources?.some(({ clusterTrustBundle, podCertificate }) => clusterTrustBundle !== undefined || podCertificate !== undefined) ?? false);

function dropGated(spec: PodSpec, old: PodSpec | undefined): PodSpec {
  const bundles = usesProjection(old, 'clusterTrustBundle');
  const certificates = usesProjection(old, 'podCertificate');
  const dropSignals = !signals(old);
  return withFields(spec, {
    ...(dropSignals && signals(spec) && {
      containers: mapItems(spec.containers, withoutSignal),
      ...(spec.initContainers && { initContainers: mapItems(spec.initContainers, withoutSignal) }),
      ...(spec.ephemeralContainers && { ephemeralContainers: mapItems(spec.ephemeralContainers, withoutSignal) }),
    }),
    ...(spec.volumes && { volumes: mapItems(spec.volumes, (volume) => withoutGatedSources(volume, { bundles, certificates })) }),
    ...(spec.schedulingGroup && !old?.schedulingGroup && { schedulingGroup: undefined }),
  });
}

export function templateWithoutGated(template: PodTemplateSpec, old?: PodTemplateSpec): PodTemplateSpec {
  return template.spec === undefined ? template : withFields(template, { spec: withoutGated(template.spec, old?.spec) });
}

const stops = ({ lifecycle }: Container | EphemeralContainer): boolean => lifecycle?.stopSignal !== undefined;
const signals = (spec: PodSpec | undefined): boolean =>
  spec !== undefined && ((spec.containers ?? []).some(stops) || (spec.initContainers?.some(stops) ?? false) || (spec.ephemeralContainers?.some(stops) ?? false));

function withoutSignal<C extends Container | EphemeralContainer>(container: C): C {
  const { lifecycle } = container;
  return lifecycle?.stopSignal === undefined ? container : { ...container, lifecycle: withFields(lifecycle, { stopSignal: undefined }) };
}

type GatedProjection = 'clusterTrustBundle' | 'podCertificate';

const usesProjection = (spec: PodSpec | undefined, which: GatedProjection): boolean =>
  spec?.volumes?.some(({ projected }) => projected?.sources?.some((source) => source[which] !== undefined)) ?? false;

function withoutGatedSources(volume: Volume, kept: { readonly bundles: boolean; readonly certificates: boolean }): Volume {
  const { projected, ephemeral } = volume;
  if (projected?.sources) {
    const sources = mapItems(projected.sources, (source): VolumeProjection => withFields(source, {
      ...(source.clusterTrustBundle && !kept.bundles && { clusterTrustBundle: undefined }),
      ...(source.podCertificate && !kept.certificates && { podCertificate: undefined }),
    }));
    return sources === projected.sources ? volume : { ...volume, projected: { ...projected, sources } };
  }
  const template = ephemeral?.volumeClaimTemplate;
  const reference = template?.spec.dataSourceRef;
  if (!ephemeral || !template || reference?.namespace === undefined) return volume;
  const spec = { ...template.spec, dataSourceRef: withFields(reference, { namespace: undefined }) };
  return { ...volume, ephemeral: { ...ephemeral, volumeClaimTemplate: { ...template, spec } } };
}

interface Templated {
  readonly spec: { readonly template?: PodTemplateSpec };
}

/** As `prepareForCreate` and `prepareForUpdate` of kinds with a template. */
export function withoutGatedTemplate<T extends Templated>(object: T, old?: T): T {
  const { template } = object.spec;
  if (!template) return object;
  const kept = templateWithoutGated(template, old?.spec.template);
  return kept === template ? object : { ...object, spec: { ...object.spec, template: kept } };
}
