import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, bytes, int32, int64, lazy, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { createdAt } from '../cells.ts';
import { withFields } from '../change.ts';
import { acceptedNamesErrors, definitionErrors } from './crd-validation.ts';
import { definitionWarnings } from './crd-warnings.ts';
import type { JSONSchemaProps } from './json-schema-props.ts';
import { jsonSchemaProps } from './json-schema-props.ts';

export const customResourceColumnDefinition = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition', {
    name: string().required().tag(1).describe('The column\'s heading.'),
    type: string().required().tag(2).describe('integer, number, string, boolean or date.'),
    format: string().tag(3).describe('A finer type, such as int32 or date-time.'),
    description: string().tag(4).describe('What the column shows.'),
    priority: int32().tag(5).describe('0 shows always, more only when there is room.'),
    jsonPath: string().required().tag(6).describe('Where in an object the cell is, such as .spec.replicas.'),
  }));
export type CustomResourceColumnDefinition = TypeOf<ReturnType<typeof customResourceColumnDefinition>>;

export const customResourceConversion = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion', {
    strategy: string().required().tag(1).describe('None only changes apiVersion, Webhook asks a webhook.'),
    webhook: webhookConversion().tag(2).describe('The webhook that converts.'),
  }));
export type CustomResourceConversion = TypeOf<ReturnType<typeof customResourceConversion>>;

export const customResourceDefinitionCondition = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition', {
    type: string().required().default('').tag(1).describe('Established, NamesAccepted, NonStructuralSchema, Terminating or KubernetesAPIApprovalPolicyConformant.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(5).describe('Details for people.'),
    observedGeneration: int64().tag(6).describe('The generation of the object this was computed from.'),
  }));
export type CustomResourceDefinitionCondition = TypeOf<ReturnType<typeof customResourceDefinitionCondition>>;

export const customResourceDefinitionNames = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames', {
    plural: string().required().tag(1).describe('The resource\'s name in paths, in lower case.'),
    singular: string().tag(2).describe('The name for one object; kind in lower case where nothing is said.'),
    shortNames: list(string()).tag(3).describe('Abbreviations that clients accept.'),
    kind: string().required().tag(4).describe('The kind, in CamelCase.'),
    listKind: string().tag(5).describe('The kind of lists; kind and List where nothing is said.'),
    categories: list(string()).tag(6).describe('Names for several resources at once, such as all.'),
  }));
export type CustomResourceDefinitionNames = TypeOf<ReturnType<typeof customResourceDefinitionNames>>;

export const customResourceDefinitionSpec = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec', {
    group: string().required().tag(1).describe('The group; the definition is named PLURAL.GROUP.'),
    names: customResourceDefinitionNames().required().tag(3).describe('The kind\'s names.'),
    scope: string().required().tag(4).describe('Namespaced or Cluster.'),
    versions: list(customResourceDefinitionVersion()).required().tag(7).describe('The versions, exactly one of which is stored.'),
    conversion: customResourceConversion().tag(9).describe('How objects of one version become another\'s.'),
    preserveUnknownFields: boolean().tag(10).describe('Formerly kept fields that no schema names; false in this version.'),
  }));
export type CustomResourceDefinitionSpec = TypeOf<ReturnType<typeof customResourceDefinitionSpec>>;

export const customResourceDefinitionStatus = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus', {
    conditions: list(customResourceDefinitionCondition()).mapKeys('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
    acceptedNames: customResourceDefinitionNames().tag(2).describe('The names in use, which no other resource has.'),
    storedVersions: list(string()).tag(3).describe('Versions in which objects were ever stored.'),
    observedGeneration: int64().tag(4).describe('The generation of the object this was computed from.'),
  }));
export type CustomResourceDefinitionStatus = TypeOf<ReturnType<typeof customResourceDefinitionStatus>>;

export const customResourceDefinitionVersion = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion', {
    name: string().required().tag(1).describe('The version, such as v1 or v2beta1.'),
    served: boolean().required().tag(2).describe('Whether the API serves it.'),
    storage: boolean().required().tag(3).describe('Whether objects are stored in it.'),
    schema: customResourceValidation().tag(4).describe('What objects look like.'),
    subresources: customResourceSubresources().tag(5).describe('Which subresources they have.'),
    additionalPrinterColumns: list(customResourceColumnDefinition()).tag(6).describe('What tables show beside the name; the age where nothing is said.'),
    deprecated: boolean().tag(7).describe('Whether its use is warned of.'),
    deprecationWarning: string().pointer().tag(8).describe('The warning, where the usual one does not do.'),
    selectableFields: list(selectableField()).tag(9).describe('Fields that field selectors may name, at most eight.'),
  }));
export type CustomResourceDefinitionVersion = TypeOf<ReturnType<typeof customResourceDefinitionVersion>>;

export const customResourceSubresourceScale = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale', {
    specReplicasPath: string().required().tag(1).describe('Where the replicas wanted are, below .spec.'),
    statusReplicasPath: string().required().tag(2).describe('Where the replicas there are stand, below .status.'),
    labelSelectorPath: string().pointer().tag(3).describe('Where the selector of the replicas is, as text, below .spec or .status.'),
  }));
export type CustomResourceSubresourceScale = TypeOf<ReturnType<typeof customResourceSubresourceScale>>;

export const customResourceSubresourceStatus = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus', {
  }));
export type CustomResourceSubresourceStatus = TypeOf<ReturnType<typeof customResourceSubresourceStatus>>;

export const customResourceSubresources = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources', {
    status: customResourceSubresourceStatus().tag(1).describe('Makes status a part of its own.'),
    scale: customResourceSubresourceScale().tag(2).describe('Lets the object be scaled.'),
  }));
export type CustomResourceSubresources = TypeOf<ReturnType<typeof customResourceSubresources>>;

export const customResourceValidation = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation', {
    openAPIV3Schema: lazy<JSONSchemaProps>(jsonSchemaProps).tag(1).describe('The schema that objects are checked, pruned and defaulted by.'),
  }));
export type CustomResourceValidation = TypeOf<ReturnType<typeof customResourceValidation>>;

export const selectableField = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField', {
    jsonPath: string().required().tag(1).describe('The field, such as .spec.color.'),
  }));
export type SelectableField = TypeOf<ReturnType<typeof selectableField>>;

export const serviceReference = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference', {
    namespace: string().required().tag(1).describe('The service\'s namespace.'),
    name: string().required().tag(2).describe('The service\'s name.'),
    path: string().pointer().tag(3).describe('The path called on it.'),
    port: int32().pointer().default(443).tag(4).describe('The service\'s port.'),
  }));
export type ServiceReference = TypeOf<ReturnType<typeof serviceReference>>;

export const webhookClientConfig = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig', {
    service: serviceReference().tag(1).describe('The service that answers; or use url.'),
    caBundle: bytes().tag(2).describe('Certificates, as PEM in base64, that vouch for it; the system\'s where nothing is said.'),
    url: string().pointer().tag(3).describe('The address that answers, as https://HOST[:PORT]/PATH; or use service.'),
  }));
export type WebhookClientConfig = TypeOf<ReturnType<typeof webhookClientConfig>>;

export const webhookConversion = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion', {
    clientConfig: webhookClientConfig().tag(2).describe('Where it is called.'),
    conversionReviewVersions: list(string()).required().tag(3).describe('Versions of ConversionReview it understands, the preferred first.'),
  }));
export type WebhookConversion = TypeOf<ReturnType<typeof webhookConversion>>;

/** What Go holds where a required object was left out; validation then asks for each name. */
const NAMELESS = { plural: '', kind: '' } as CustomResourceDefinitionSpec['names'];
const UNCONVERTED: CustomResourceConversion = { strategy: 'None' };

/** The version stored now is among those that ever were. */
function storing<D extends { readonly spec: CustomResourceDefinitionSpec; readonly status: CustomResourceDefinitionStatus }>(definition: D): D {
  const name = definition.spec.versions.find(({ storage }) => storage)?.name;
  const { storedVersions = [] } = definition.status;
  if (!name || storedVersions.includes(name)) return definition;
  return { ...definition, status: { ...definition.status, storedVersions: [...storedVersions, name] } };
}

export const CustomResourceDefinition = defineKind({
  group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition', plural: 'customresourcedefinitions',
  short: ['crd', 'crds'], categories: ['api-extensions'], scope: 'Cluster', package: 'apiextensions-apiserver.pkg.apis.apiextensions.v1',
  description: 'Makes the API serve a kind of your own.',
  spec: customResourceDefinitionSpec().required().describe('The kind, and how it is served.'),
  status: customResourceDefinitionStatus(),
  columns: { 'Created At': createdAt },
  defaults: (definition) => {
    const { names = NAMELESS, conversion } = definition.spec;
    const filled = withFields(names, { singular: names.singular || names.kind.toLowerCase(), listKind: names.listKind || (names.kind ? `${names.kind}List` : '') });
    return withFields(definition, { spec: withFields(definition.spec, { names: filled, conversion: conversion ?? UNCONVERTED }) });
  },
  prepareForCreate: storing,
  prepareForUpdate: storing,
  validateCreate: (definition, at) => definitionErrors(definition, undefined, at),
  validateUpdate: definitionErrors,
  validateStatusUpdate: ({ status }, _old, at) => acceptedNamesErrors(status, at.child('status')),
  warnings: definitionWarnings,
});
export type CustomResourceDefinition = InstanceOf<typeof CustomResourceDefinition>;
