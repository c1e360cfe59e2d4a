import { list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';

export const resourceClaim = part(() =>
  object('api.core.v1.ResourceClaim', {
    name: string().required().tag(1).describe('An entry of the pod\'s resourceClaims.'),
    request: string().tag(2).describe('One request within the claim, rather than all.'),
  }));
export type ResourceClaim = TypeOf<ReturnType<typeof resourceClaim>>;

export const resourceRequirements = part(() =>
  object('api.core.v1.ResourceRequirements', {
    limits: map(quantity()).tag(1).describe('The most the container may use.'),
    requests: map(quantity()).tag(2).describe('What the container is promised; the scheduler counts with it. Limits where nothing is said.'),
    claims: list(resourceClaim()).mapKeys('name').tag(3).describe('The pod\'s resource claims this container uses.'),
  }));
export type ResourceRequirements = TypeOf<ReturnType<typeof resourceRequirements>>;

export const volumeResourceRequirements = part(() =>
  object('api.core.v1.VolumeResourceRequirements', {
    limits: map(quantity()).tag(1).describe('The most it may hold.'),
    requests: map(quantity()).tag(2).describe('The least it must hold.'),
  }));
export type VolumeResourceRequirements = TypeOf<ReturnType<typeof volumeResourceRequirements>>;
