import { boolean, object, part, string, type TypeOf } from '../../schema/field.ts';
import { objectFieldSelector, resourceFieldSelector } from './references.ts';

export const configMapEnvSource = part(() =>
  object('api.core.v1.ConfigMapEnvSource', {
    name: string().within(1).tag(1),
    optional: boolean().pointer().tag(2),
  }));
export type ConfigMapEnvSource = TypeOf<ReturnType<typeof configMapEnvSource>>;

export const configMapKeySelector = part(() =>
  object('api.core.v1.ConfigMapKeySelector', {
    name: string().within(1).tag(1),
    key: string().required().tag(2),
    optional: boolean().pointer().tag(3),
  }).atomic());
export type ConfigMapKeySelector = TypeOf<ReturnType<typeof configMapKeySelector>>;

export const envFromSource = part(() =>
  object('api.core.v1.EnvFromSource', {
    prefix: string().tag(1),
    configMapRef: configMapEnvSource().tag(2),
    secretRef: secretEnvSource().tag(3),
  }));
export type EnvFromSource = TypeOf<ReturnType<typeof envFromSource>>;

export const envVar = part(() =>
  object('api.core.v1.EnvVar', {
    name: string().required().tag(1),
    value: string().tag(2),
    valueFrom: envVarSource().tag(3),
  }));
export type EnvVar = TypeOf<ReturnType<typeof envVar>>;

export const envVarSource = part(() =>
  object('api.core.v1.EnvVarSource', {
    fieldRef: objectFieldSelector().tag(1),
    resourceFieldRef: resourceFieldSelector().tag(2),
    configMapKeyRef: configMapKeySelector().tag(3),
    secretKeyRef: secretKeySelector().tag(4),
    fileKeyRef: fileKeySelector().tag(5),
  }));
export type EnvVarSource = TypeOf<ReturnType<typeof envVarSource>>;

export const fileKeySelector = part(() =>
  object('api.core.v1.FileKeySelector', {
    volumeName: string().required().tag(1),
    path: string().required().tag(2),
    key: string().required().tag(3),
    optional: boolean().pointer().tag(4),
  }).atomic());
export type FileKeySelector = TypeOf<ReturnType<typeof fileKeySelector>>;

export const secretEnvSource = part(() =>
  object('api.core.v1.SecretEnvSource', {
    name: string().within(1).tag(1),
    optional: boolean().pointer().tag(2),
  }));
export type SecretEnvSource = TypeOf<ReturnType<typeof secretEnvSource>>;

export const secretKeySelector = part(() =>
  object('api.core.v1.SecretKeySelector', {
    name: string().within(1).tag(1),
    key: string().required().tag(2),
    optional: boolean().pointer().tag(3),
  }).atomic());
export type SecretKeySelector = TypeOf<ReturnType<typeof secretKeySelector>>;
