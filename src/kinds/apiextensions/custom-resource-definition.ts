import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, bytes, int32, int64, lazy, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { createdAt } from '../cells.ts';
import type { JSONSchemaProps } from './json-schema-props.ts';
import { jsonSchemaProps } from './json-schema-props.ts';

export const customResourceColumnDefinition = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition', {
    name: string().required().tag(1),
    type: string().required().tag(2),
    format: string().tag(3),
    description: string().tag(4),
    priority: int32().tag(5),
    jsonPath: string().required().tag(6),
  }));
export type CustomResourceColumnDefinition = TypeOf<ReturnType<typeof customResourceColumnDefinition>>;

export const customResourceConversion = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion', {
    strategy: string().required().tag(1),
    webhook: webhookConversion().tag(2),
  }));
export type CustomResourceConversion = TypeOf<ReturnType<typeof customResourceConversion>>;

export const customResourceDefinitionCondition = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition', {
    type: string().required().default('').tag(1),
    status: string().required().default('').tag(2),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4),
    message: string().tag(5),
    observedGeneration: int64().tag(6).describe('The generation of the object this was computed from.'),
  }));
export type CustomResourceDefinitionCondition = TypeOf<ReturnType<typeof customResourceDefinitionCondition>>;

export const customResourceDefinitionNames = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames', {
    plural: string().required().tag(1),
    singular: string().tag(2),
    shortNames: list(string()).tag(3),
    kind: string().required().tag(4),
    listKind: string().tag(5),
    categories: list(string()).tag(6),
  }));
export type CustomResourceDefinitionNames = TypeOf<ReturnType<typeof customResourceDefinitionNames>>;

export const customResourceDefinitionSpec = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec', {
    group: string().required().tag(1),
    names: customResourceDefinitionNames().required().tag(3),
    scope: string().required().tag(4),
    versions: list(customResourceDefinitionVersion()).required().tag(7),
    conversion: customResourceConversion().tag(9),
    preserveUnknownFields: boolean().tag(10),
  }));
export type CustomResourceDefinitionSpec = TypeOf<ReturnType<typeof customResourceDefinitionSpec>>;

export const customResourceDefinitionStatus = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus', {
    conditions: list(customResourceDefinitionCondition()).mapKeys('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
    acceptedNames: customResourceDefinitionNames().tag(2),
    storedVersions: list(string()).tag(3),
    observedGeneration: int64().tag(4).describe('The generation of the object this was computed from.'),
  }));
export type CustomResourceDefinitionStatus = TypeOf<ReturnType<typeof customResourceDefinitionStatus>>;

export const customResourceDefinitionVersion = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion', {
    name: string().required().tag(1),
    served: boolean().required().tag(2),
    storage: boolean().required().tag(3),
    schema: customResourceValidation().tag(4),
    subresources: customResourceSubresources().tag(5),
    additionalPrinterColumns: list(customResourceColumnDefinition()).tag(6),
    deprecated: boolean().tag(7),
    deprecationWarning: string().pointer().tag(8),
    selectableFields: list(selectableField()).tag(9),
  }));
export type CustomResourceDefinitionVersion = TypeOf<ReturnType<typeof customResourceDefinitionVersion>>;

export const customResourceSubresourceScale = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale', {
    specReplicasPath: string().required().tag(1),
    statusReplicasPath: string().required().tag(2),
    labelSelectorPath: string().pointer().tag(3),
  }));
export type CustomResourceSubresourceScale = TypeOf<ReturnType<typeof customResourceSubresourceScale>>;

export const customResourceSubresourceStatus = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus', {
  }));
export type CustomResourceSubresourceStatus = TypeOf<ReturnType<typeof customResourceSubresourceStatus>>;

export const customResourceSubresources = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources', {
    status: customResourceSubresourceStatus().tag(1),
    scale: customResourceSubresourceScale().tag(2),
  }));
export type CustomResourceSubresources = TypeOf<ReturnType<typeof customResourceSubresources>>;

export const customResourceValidation = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation', {
    openAPIV3Schema: lazy<JSONSchemaProps>(jsonSchemaProps).tag(1),
  }));
export type CustomResourceValidation = TypeOf<ReturnType<typeof customResourceValidation>>;

export const selectableField = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField', {
    jsonPath: string().required().tag(1),
  }));
export type SelectableField = TypeOf<ReturnType<typeof selectableField>>;

export const serviceReference = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference', {
    namespace: string().required().tag(1),
    name: string().required().tag(2),
    path: string().pointer().tag(3),
    port: int32().pointer().tag(4),
  }));
export type ServiceReference = TypeOf<ReturnType<typeof serviceReference>>;

export const webhookClientConfig = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig', {
    service: serviceReference().tag(1),
    caBundle: bytes().tag(2),
    url: string().pointer().tag(3),
  }));
export type WebhookClientConfig = TypeOf<ReturnType<typeof webhookClientConfig>>;

export const webhookConversion = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion', {
    clientConfig: webhookClientConfig().tag(2),
    conversionReviewVersions: list(string()).required().tag(3),
  }));
export type WebhookConversion = TypeOf<ReturnType<typeof webhookConversion>>;

export const CustomResourceDefinition = defineKind({
  group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition', plural: 'customresourcedefinitions',
  short: ['crd', 'crds'], categories: ['api-extensions'], scope: 'Cluster', package: 'apiextensions-apiserver.pkg.apis.apiextensions.v1',
  description: 'Makes the API serve a kind of your own.',
  spec: customResourceDefinitionSpec().required(),
  status: customResourceDefinitionStatus(),
  columns: { 'Created At': createdAt },
});
export type CustomResourceDefinition = InstanceOf<typeof CustomResourceDefinition>;
