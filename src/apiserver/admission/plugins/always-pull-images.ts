import type { Container, EphemeralContainer } from '../../../kinds/core/container.ts';
import type { PodSpec } from '../../../kinds/core/pod-spec.ts';
import { forbiddenRequest } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

type AnyContainer = Container | EphemeralContainer;
const LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Has every image pulled whenever it is used, so that nobody runs a private one that another has pulled (https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#alwayspullimages). */
export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  on: { operations: ['CREATE', 'UPDATE'], resources: ['pods'], subresources: ['', 'ephemeralcontainers'] },

  mutate: (attributes) => (bringsNoImage(attributes) ? attributes.object : pullingAlways(attributes.object)),

  validate(attributes) {
    if (bringsNoImage(attributes)) return;
    const spec = attributes.object['spec'] as PodSpec;
    const problems = LISTS.flatMap((field) => ((spec[field] ?? []) as readonly AnyContainer[]).flatMap(({ imagePullPolicy: policy }, at) =>
      (policy === 'Always' ? [] : [`spec.${field}[${at}].imagePullPolicy: Unsupported value: ${JSON.stringify(policy ?? '')}: supported values: "Always"`])));
    const volumes = (spec.volumes ?? []).flatMap(({ image }, at) =>
      (!image || image.pullPolicy === 'Always' ? [] : [`spec.volumes[${at}].image.pullPolicy: Unsupported value: ${JSON.stringify(image.pullPolicy ?? '')}: supported values: "Always"`]));
    const [first] = [...problems, ...volumes];
    if (first !== undefined) throw forbiddenRequest({ group: '', plural: 'pods' }, attributes.name, first);
  },
};

function pullingAlways(pod: AnyObject): AnyObject {
  const spec = pod['spec'] as PodSpec;
  const always = (containers: readonly AnyContainer[]) => containers.map((container) => ({ ...container, imagePullPolicy: 'Always' }));
  const lists = Object.fromEntries(LISTS.flatMap((field) => (spec[field] ? [[field, always(spec[field])]] : [])));
  const volumes = spec.volumes?.some(({ image }) => image)
    ? { volumes: spec.volumes.map((volume) => (volume.image ? { ...volume, image: { ...volume.image, pullPolicy: 'Always' } } : volume)) }
    : {};
  return { ...pod, spec: { ...spec, ...lists, ...volumes } };
}

/** What runs already need not be pulled for every change of a label. */
function bringsNoImage({ old, object }: Attributes): boolean {
  if (!old) return false;
  const imagesOf = (pod: AnyObject) => {
    const spec = pod['spec'] as PodSpec;
    return [...LISTS.flatMap((field) => ((spec[field] ?? []) as readonly AnyContainer[]).map(({ image }) => image)), ...(spec.volumes ?? []).map(({ image }) => image?.reference)];
  };
  const had = new Set(imagesOf(old));
  return imagesOf(object).every((image) => had.has(image));
}
