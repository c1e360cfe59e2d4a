import { list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';

export const resourceClaim = part(() =>
  object('api.core.v1.ResourceClaim', {
    name: string().required().tag(1),
    request: string().tag(2),
  }));
export type ResourceClaim = TypeOf<ReturnType<typeof resourceClaim>>;

export const resourceRequirements = part(() =>
  object('api.core.v1.ResourceRequirements', {
    limits: map(quantity()).tag(1),
    requests: map(quantity()).tag(2),
    claims: list(resourceClaim()).mapKeys('name').tag(3),
  }));
export type ResourceRequirements = TypeOf<ReturnType<typeof resourceRequirements>>;

export const volumeResourceRequirements = part(() =>
  object('api.core.v1.VolumeResourceRequirements', {
    limits: map(quantity()).tag(1),
    requests: map(quantity()).tag(2),
  }));
export type VolumeResourceRequirements = TypeOf<ReturnType<typeof volumeResourceRequirements>>;
