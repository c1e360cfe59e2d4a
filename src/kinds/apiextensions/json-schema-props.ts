import { any, boolean, double, int64, lazy, list, map, object, part, string, type Field, type TypeOf } from '../../schema/field.ts';

export const externalDocumentation = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation', {
    description: string().tag(1),
    url: string().tag(2),
  }));
export type ExternalDocumentation = TypeOf<ReturnType<typeof externalDocumentation>>;

export interface JSONSchemaProps {
  readonly id?: string;
  readonly '$schema'?: string;
  readonly '$ref'?: string;
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly title?: string;
  readonly default?: unknown;
  readonly maximum?: number;
  readonly exclusiveMaximum?: boolean;
  readonly minimum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly multipleOf?: number;
  readonly enum?: readonly unknown[];
  readonly maxProperties?: number;
  readonly minProperties?: number;
  readonly required?: readonly string[];
  readonly items?: unknown;
  readonly allOf?: readonly JSONSchemaProps[];
  readonly oneOf?: readonly JSONSchemaProps[];
  readonly anyOf?: readonly JSONSchemaProps[];
  readonly not?: JSONSchemaProps;
  readonly properties?: Readonly<Record<string, JSONSchemaProps>>;
  readonly additionalProperties?: unknown;
  readonly patternProperties?: Readonly<Record<string, JSONSchemaProps>>;
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly additionalItems?: unknown;
  readonly definitions?: Readonly<Record<string, JSONSchemaProps>>;
  readonly externalDocs?: ExternalDocumentation;
  readonly example?: unknown;
  readonly nullable?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

export const jsonSchemaProps: () => Field<JSONSchemaProps> = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps', {
    id: string().tag(1),
    '$schema': string().tag(2),
    '$ref': string().pointer().tag(3),
    description: string().tag(4),
    type: string().tag(5),
    format: string().tag(6),
    title: string().tag(7),
    default: any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON').tag(8),
    maximum: double().pointer().tag(9),
    exclusiveMaximum: boolean().tag(10),
    minimum: double().pointer().tag(11),
    exclusiveMinimum: boolean().tag(12),
    maxLength: int64().pointer().tag(13),
    minLength: int64().pointer().tag(14),
    pattern: string().tag(15),
    maxItems: int64().pointer().tag(16),
    minItems: int64().pointer().tag(17),
    uniqueItems: boolean().tag(18),
    multipleOf: double().pointer().tag(19),
    enum: list(any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON')).tag(20),
    maxProperties: int64().pointer().tag(21),
    minProperties: int64().pointer().tag(22),
    required: list(string()).tag(23),
    items: any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray').tag(24),
    allOf: list(lazy<JSONSchemaProps>(jsonSchemaProps)).tag(25),
    oneOf: list(lazy<JSONSchemaProps>(jsonSchemaProps)).tag(26),
    anyOf: list(lazy<JSONSchemaProps>(jsonSchemaProps)).tag(27),
    not: lazy<JSONSchemaProps>(jsonSchemaProps).tag(28),
    properties: map(lazy<JSONSchemaProps>(jsonSchemaProps)).tag(29),
    additionalProperties: any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool').tag(30),
    patternProperties: map(lazy<JSONSchemaProps>(jsonSchemaProps)).tag(31),
    dependencies: map(any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray')).tag(32),
    additionalItems: any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool').tag(33),
    definitions: map(lazy<JSONSchemaProps>(jsonSchemaProps)).tag(34),
    externalDocs: externalDocumentation().tag(35),
    example: any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON').tag(36),
    nullable: boolean().tag(37),
    'x-kubernetes-preserve-unknown-fields': boolean().pointer().tag(38),
    'x-kubernetes-embedded-resource': boolean().tag(39),
    'x-kubernetes-int-or-string': boolean().tag(40),
    'x-kubernetes-list-map-keys': list(string()).tag(41),
    'x-kubernetes-list-type': string().pointer().tag(42),
    'x-kubernetes-map-type': string().pointer().tag(43),
    'x-kubernetes-validations': list(validationRule()).keyedBy('rule').tag(44),
  }));

export const validationRule = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule', {
    rule: string().required().tag(1),
    message: string().tag(2),
    messageExpression: string().tag(3),
    reason: string().pointer().tag(4),
    fieldPath: string().tag(5),
    optionalOldSelf: boolean().pointer().tag(6),
  }));
export type ValidationRule = TypeOf<ReturnType<typeof validationRule>>;
