import { object, part, quantity, string, type TypeOf } from '../../schema/field.ts';

export const localObjectReference = part(() =>
  object('api.core.v1.LocalObjectReference', {
    name: string().tag(1).describe('The object\'s name in the same namespace.'),
  }).atomic());
export type LocalObjectReference = TypeOf<ReturnType<typeof localObjectReference>>;

export const objectFieldSelector = part(() =>
  object('api.core.v1.ObjectFieldSelector', {
    apiVersion: string().default('v1').tag(1).describe('The version of the pod\'s schema the path is written for.'),
    fieldPath: string().required().tag(2).describe('The field: metadata.name, status.podIP, metadata.labels[\'key\'] and so on.'),
  }).atomic());
export type ObjectFieldSelector = TypeOf<ReturnType<typeof objectFieldSelector>>;

export const objectReference = part(() =>
  object('api.core.v1.ObjectReference', {
    kind: string().tag(1).describe('The object\'s kind.'),
    namespace: string().tag(2).describe('Its namespace.'),
    name: string().tag(3).describe('Its name.'),
    uid: string().tag(4).describe('Its UID.'),
    apiVersion: string().tag(5).describe('Its group and version.'),
    resourceVersion: string().tag(6).describe('The version that is meant.'),
    fieldPath: string().tag(7).describe('The part of the object that is meant, such as spec.containers{web}.'),
  }).atomic());
export type ObjectReference = TypeOf<ReturnType<typeof objectReference>>;

export const resourceFieldSelector = part(() =>
  object('api.core.v1.ResourceFieldSelector', {
    containerName: string().tag(1).describe('The container; its own for environment variables.'),
    resource: string().required().tag(2).describe('requests.cpu, limits.memory and so on.'),
    divisor: quantity().default('0').tag(3).describe('The unit the amount is expressed in.'),
  }).atomic());
export type ResourceFieldSelector = TypeOf<ReturnType<typeof resourceFieldSelector>>;

export const secretReference = part(() =>
  object('api.core.v1.SecretReference', {
    name: string().tag(1).describe('The Secret\'s name.'),
    namespace: string().tag(2).describe('Its namespace.'),
  }).atomic());
export type SecretReference = TypeOf<ReturnType<typeof secretReference>>;

export const typedLocalObjectReference = part(() =>
  object('api.core.v1.TypedLocalObjectReference', {
    apiGroup: string().pointer().orNull().tag(1).describe('The object\'s group; empty for core.'),
    kind: string().required().tag(2).describe('Its kind.'),
    name: string().required().tag(3).describe('Its name.'),
  }).atomic());
export type TypedLocalObjectReference = TypeOf<ReturnType<typeof typedLocalObjectReference>>;

export const typedObjectReference = part(() =>
  object('api.core.v1.TypedObjectReference', {
    apiGroup: string().pointer().orNull().tag(1).describe('The object\'s group; empty for core.'),
    kind: string().required().tag(2).describe('Its kind.'),
    name: string().required().tag(3).describe('Its name.'),
    namespace: string().pointer().tag(4).describe('Its namespace, if another.'),
  }));
export type TypedObjectReference = TypeOf<ReturnType<typeof typedObjectReference>>;
