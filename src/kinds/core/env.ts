import { boolean, object, part, string, type TypeOf } from '../../schema/field.ts';
import { objectFieldSelector, resourceFieldSelector } from './references.ts';

export const configMapEnvSource = part(() =>
  object('api.core.v1.ConfigMapEnvSource', {
    name: string().within(1).tag(1).describe('The ConfigMap\'s name.'),
    optional: boolean().pointer().tag(2).describe('Whether the container may start without it.'),
  }));
export type ConfigMapEnvSource = TypeOf<ReturnType<typeof configMapEnvSource>>;

export const configMapKeySelector = part(() =>
  object('api.core.v1.ConfigMapKeySelector', {
    name: string().within(1).tag(1).describe('The ConfigMap\'s name.'),
    key: string().required().tag(2).describe('The key in it.'),
    optional: boolean().pointer().tag(3).describe('Whether the container may start without it.'),
  }).atomic());
export type ConfigMapKeySelector = TypeOf<ReturnType<typeof configMapKeySelector>>;

export const envFromSource = part(() =>
  object('api.core.v1.EnvFromSource', {
    prefix: string().tag(1).describe('Put before each key.'),
    configMapRef: configMapEnvSource().tag(2).describe('The ConfigMap.'),
    secretRef: secretEnvSource().tag(3).describe('The Secret.'),
  }));
export type EnvFromSource = TypeOf<ReturnType<typeof envFromSource>>;

export const envVar = part(() =>
  object('api.core.v1.EnvVar', {
    name: string().required().tag(1).describe('The variable\'s name.'),
    value: string().tag(2).describe('Its value; $(VAR) stands for variables before it, $$ for a dollar sign.'),
    valueFrom: envVarSource().tag(3).describe('Where the value comes from instead.'),
  }));
export type EnvVar = TypeOf<ReturnType<typeof envVar>>;

export const envVarSource = part(() =>
  object('api.core.v1.EnvVarSource', {
    fieldRef: objectFieldSelector().tag(1).describe('A field of the pod.'),
    resourceFieldRef: resourceFieldSelector().tag(2).describe('A request or limit of a container.'),
    configMapKeyRef: configMapKeySelector().tag(3).describe('A key of a ConfigMap.'),
    secretKeyRef: secretKeySelector().tag(4).describe('A key of a Secret.'),
    fileKeyRef: fileKeySelector().tag(5).describe('A variable in a file of an emptyDir.'),
  }));
export type EnvVarSource = TypeOf<ReturnType<typeof envVarSource>>;

export const fileKeySelector = part(() =>
  object('api.core.v1.FileKeySelector', {
    volumeName: string().required().tag(1).describe('The emptyDir the file lies in.'),
    path: string().required().tag(2).describe('The file\'s path within the volume.'),
    key: string().required().tag(3).describe('The variable in the file.'),
    optional: boolean().pointer().tag(4).describe('Whether the container may start without it.'),
  }).atomic());
export type FileKeySelector = TypeOf<ReturnType<typeof fileKeySelector>>;

export const secretEnvSource = part(() =>
  object('api.core.v1.SecretEnvSource', {
    name: string().within(1).tag(1).describe('The Secret\'s name.'),
    optional: boolean().pointer().tag(2).describe('Whether the container may start without it.'),
  }));
export type SecretEnvSource = TypeOf<ReturnType<typeof secretEnvSource>>;

export const secretKeySelector = part(() =>
  object('api.core.v1.SecretKeySelector', {
    name: string().within(1).tag(1).describe('The Secret\'s name.'),
    key: string().required().tag(2).describe('The key in it.'),
    optional: boolean().pointer().tag(3).describe('Whether the container may start without it.'),
  }).atomic());
export type SecretKeySelector = TypeOf<ReturnType<typeof secretKeySelector>>;
