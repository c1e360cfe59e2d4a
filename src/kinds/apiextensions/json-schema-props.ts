import { any, boolean, double, int64, lazy, list, map, object, part, string, type Field, type TypeOf } from '../../schema/field.ts';
import type { JsonSchema } from '../../schema/json/json-schema.ts';

export const externalDocumentation = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation', {
    description: string().tag(1).describe('What is documented there.'),
    url: string().tag(2).describe('Where.'),
  }));
export type ExternalDocumentation = TypeOf<ReturnType<typeof externalDocumentation>>;

/** All that may be written; structural schemas refuse some of it. */
export interface JSONSchemaProps extends JsonSchema {
  readonly id?: string;
  readonly '$schema'?: string;
  readonly '$ref'?: string;
  readonly title?: string;
  readonly uniqueItems?: boolean;
  readonly allOf?: readonly JSONSchemaProps[];
  readonly oneOf?: readonly JSONSchemaProps[];
  readonly anyOf?: readonly JSONSchemaProps[];
  readonly not?: JSONSchemaProps;
  readonly properties?: Readonly<Record<string, JSONSchemaProps>>;
  readonly patternProperties?: Readonly<Record<string, JSONSchemaProps>>;
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly additionalItems?: unknown;
  readonly definitions?: Readonly<Record<string, JSONSchemaProps>>;
  readonly externalDocs?: ExternalDocumentation;
  readonly example?: unknown;
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}


export const jsonSchemaProps: () => Field<JSONSchemaProps> = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps', {
    id: string().tag(1).describe('Not supported.'),
    '$schema': string().tag(2).describe('Not supported.'),
    '$ref': string().pointer().tag(3).describe('Not supported.'),
    description: string().tag(4).describe('What the value means, for explain.'),
    type: string().tag(5).describe('object, array, string, integer, number or boolean.'),
    format: string().tag(6).describe('A finer type, such as date-time or ipv4.'),
    title: string().tag(7).describe('A heading.'),
    default: any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON').tag(8).describe('Filled in where the value is absent.'),
    maximum: double().pointer().tag(9).describe('The largest number.'),
    exclusiveMaximum: boolean().tag(10).describe('Whether the number must be below maximum.'),
    minimum: double().pointer().tag(11).describe('The smallest number.'),
    exclusiveMinimum: boolean().tag(12).describe('Whether the number must be above minimum.'),
    maxLength: int64().pointer().tag(13).describe('The most characters.'),
    minLength: int64().pointer().tag(14).describe('The fewest characters.'),
    pattern: string().tag(15).describe('A regular expression that text must match.'),
    maxItems: int64().pointer().tag(16).describe('The most items.'),
    minItems: int64().pointer().tag(17).describe('The fewest items.'),
    uniqueItems: boolean().tag(18).describe('Not supported; use x-kubernetes-list-type.'),
    multipleOf: double().pointer().tag(19).describe('What the number is a multiple of.'),
    enum: list(any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON')).tag(20).describe('The values allowed.'),
    maxProperties: int64().pointer().tag(21).describe('The most entries.'),
    minProperties: int64().pointer().tag(22).describe('The fewest entries.'),
    required: list(string()).tag(23).describe('Fields that must be there.'),
    items: any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray').tag(24).describe('The schema of each item.'),
    allOf: list(lazy<JSONSchemaProps>(jsonSchemaProps)).tag(25).describe('Schemas, all of which must hold.'),
    oneOf: list(lazy<JSONSchemaProps>(jsonSchemaProps)).tag(26).describe('Schemas, exactly one of which must hold.'),
    anyOf: list(lazy<JSONSchemaProps>(jsonSchemaProps)).tag(27).describe('Schemas, one or more of which must hold.'),
    not: lazy<JSONSchemaProps>(jsonSchemaProps).tag(28).describe('A schema that must not hold.'),
    properties: map(lazy<JSONSchemaProps>(jsonSchemaProps)).tag(29).describe('The schema of each field.'),
    additionalProperties: any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool').tag(30).describe('The schema of a map\'s values, or whether there may be any.'),
    patternProperties: map(lazy<JSONSchemaProps>(jsonSchemaProps)).tag(31).describe('Not supported.'),
    dependencies: map(any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray')).tag(32).describe('Not supported.'),
    additionalItems: any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool').tag(33).describe('Not supported.'),
    definitions: map(lazy<JSONSchemaProps>(jsonSchemaProps)).tag(34).describe('Not supported.'),
    externalDocs: externalDocumentation().tag(35).describe('Where more is written.'),
    example: any('apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON').tag(36).describe('An example.'),
    nullable: boolean().tag(37).describe('Whether null is a value.'),
    'x-kubernetes-preserve-unknown-fields': boolean().pointer().tag(38).describe('Keeps fields that the schema does not name.'),
    'x-kubernetes-embedded-resource': boolean().tag(39).describe('The value is an API object with apiVersion, kind and metadata.'),
    'x-kubernetes-int-or-string': boolean().tag(40).describe('The value is a whole number or text.'),
    'x-kubernetes-list-map-keys': list(string()).tag(41).describe('The fields that identify an item of a list of type map.'),
    'x-kubernetes-list-type': string().pointer().tag(42).describe('atomic is owned as a whole, set has unique scalars, map has items with keys.'),
    'x-kubernetes-map-type': string().pointer().tag(43).describe('granular is owned field by field, atomic as a whole.'),
    'x-kubernetes-validations': list(validationRule()).keyedBy('rule').tag(44).describe('CEL rules the value must keep.'),
  }));

export const validationRule = part(() =>
  object('apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule', {
    rule: string().mayBeEmpty().tag(1).describe('A CEL expression over self, and oldSelf on updates, that must be true.'),
    message: string().tag(2).describe('What is said when it is not.'),
    messageExpression: string().tag(3).describe('A CEL expression for the message, before message.'),
    reason: string().pointer().tag(4).describe('The reason of the error: FieldValueInvalid, FieldValueForbidden, FieldValueRequired or FieldValueDuplicate.'),
    fieldPath: string().tag(5).describe('The field the error names, such as .spec.replicas.'),
    optionalOldSelf: boolean().pointer().tag(6).describe('Runs the rule on creation too, oldSelf being optional.'),
  }));
export type ValidationRule = TypeOf<ReturnType<typeof validationRule>>;
