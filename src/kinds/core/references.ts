import { object, part, quantity, string, type TypeOf } from '../../schema/field.ts';

export const localObjectReference = part(() =>
  object('api.core.v1.LocalObjectReference', {
    name: string().tag(1),
  }).atomic());
export type LocalObjectReference = TypeOf<ReturnType<typeof localObjectReference>>;

export const objectFieldSelector = part(() =>
  object('api.core.v1.ObjectFieldSelector', {
    apiVersion: string().default('v1').tag(1),
    fieldPath: string().required().tag(2),
  }).atomic());
export type ObjectFieldSelector = TypeOf<ReturnType<typeof objectFieldSelector>>;

export const objectReference = part(() =>
  object('api.core.v1.ObjectReference', {
    kind: string().tag(1),
    namespace: string().tag(2),
    name: string().tag(3),
    uid: string().tag(4),
    apiVersion: string().tag(5),
    resourceVersion: string().tag(6),
    fieldPath: string().tag(7),
  }).atomic());
export type ObjectReference = TypeOf<ReturnType<typeof objectReference>>;

export const resourceFieldSelector = part(() =>
  object('api.core.v1.ResourceFieldSelector', {
    containerName: string().tag(1),
    resource: string().required().tag(2),
    divisor: quantity().default('0').tag(3),
  }).atomic());
export type ResourceFieldSelector = TypeOf<ReturnType<typeof resourceFieldSelector>>;

export const secretReference = part(() =>
  object('api.core.v1.SecretReference', {
    name: string().tag(1),
    namespace: string().tag(2),
  }).atomic());
export type SecretReference = TypeOf<ReturnType<typeof secretReference>>;

export const typedLocalObjectReference = part(() =>
  object('api.core.v1.TypedLocalObjectReference', {
    apiGroup: string().pointer().tag(1),
    kind: string().required().tag(2),
    name: string().required().tag(3),
  }).atomic());
export type TypedLocalObjectReference = TypeOf<ReturnType<typeof typedLocalObjectReference>>;

export const typedObjectReference = part(() =>
  object('api.core.v1.TypedObjectReference', {
    apiGroup: string().pointer().tag(1),
    kind: string().required().tag(2),
    name: string().required().tag(3),
    namespace: string().pointer().tag(4),
  }));
export type TypedObjectReference = TypeOf<ReturnType<typeof typedObjectReference>>;
