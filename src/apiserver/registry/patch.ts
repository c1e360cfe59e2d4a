import { ApiError, badRequest } from '../../meta/api-error.ts';
import { FieldPath, invalid } from '../../meta/field-error.ts';
import { jsonProblem } from '../../meta/json-error.ts';
import { applyJsonPatch, strayFields } from '../../meta/json-patch.ts';
import { applyMergePatch } from '../../meta/merge-patch.ts';
import type { AnyObject } from '../../meta/object.ts';
import { decodeObject } from '../../schema/decode.ts';
import { duplicateFields } from '../../schema/duplicate-fields.ts';
import type { Kind } from '../../schema/kind.ts';
import { goMap, strategicMerge } from '../../schema/strategic-merge.ts';
import { checkDepth, parseWellFormed, textOf } from '../body.ts';
import { warn } from '../exchange.ts';
import { type ParsedYaml, type YamlData, yamlData } from '../../meta/yaml.ts';
import { APPLY, JSON_PATCH, MERGE, patchTypeOf } from './patch-type.ts';
import type { ResourceRequest } from '../resource-request.ts';
import { applyPatch } from './apply.ts';
import { atAddress } from './identity.ts';
import { keepReset, trackUpdate } from './managed-fields.ts';
import { modify } from './update.ts';
import type { Outcome, WriteContext } from './write-context.ts';

/** PATCH of an object or of a subresource that is the object. */
export async function patch(at: ResourceRequest, context: WriteContext): Promise<Outcome> {
  if (patchTypeOf(at.exchange.request) === APPLY) return applyPatch(context, readApplied(at, context));
  const apply = readPatch(at, context);
  return modify(context, { transform: (current) => trackUpdate(context, atAddress(context, apply(current)), current) });
}

/**
 * What a patch of any type but apply makes of an object, decoded. Reads the body once; the result may be called again.
 * What is unknown or doubled is told as `fieldValidation` asks.
 */
export function readPatch(at: ResourceRequest, context: WriteContext, kind: Kind = context.served.kind): (current: AnyObject) => AnyObject {
  const type = patchTypeOf(at.exchange.request);
  const { data: body, text } = bodyData(at);
  checkDepth(body);
  const doubled = text === undefined || context.query.fieldValidation === 'Ignore' ? [] : duplicateFields(text);
  const apply = (current: AnyObject): unknown => {
    if (type === JSON_PATCH) return applyJsonPatch(current, body);
    return type === MERGE ? applyMergePatch(current, mapBody(body)) : strategicMerge(kind.schema, current, mapBody(body));
  };
  return (current) => {
    const patched = apply(current);
    const shown = () => (type === JSON_PATCH || type === MERGE ? JSON.stringify(patched) : goMap(body));
    const { value, problems } = decodeObject(kind, patched, (why) => invalidPatch(shown(), why));
    const own = type === JSON_PATCH ? [...doubled, ...strayFields(body)].map((problem) => `json patch ${problem}`) : doubled;
    reportPatchProblems(context, [...own, ...problems], shown);
    return keepReset(patched, value);
  };
}

function reportPatchProblems({ exchange, query }: WriteContext, problems: readonly string[], shown: () => string): void {
  if (problems.length === 0 || query.fieldValidation === 'Ignore') return;
  if (query.fieldValidation === 'Strict') throw invalidPatch(shown(), `strict decoding error: ${problems.join(', ')}`);
  warn(exchange, ...problems);
}

/** Upstream names neither kind nor object here. */
function invalidPatch(patched: string, why: string): ApiError {
  const { reason, field, message } = invalid(FieldPath.of('patch'), patched, why);
  return new ApiError('Invalid', ` "" is invalid: ${field}: ${message}`, { details: { causes: [{ reason, message, field }] } });
}

interface PatchBody {
  readonly data: unknown;
  /** undefined for in-process callers. */
  readonly text?: string;
}

function bodyData({ exchange: { request }, core }: ResourceRequest): PatchBody {
  const { body } = request;
  if (body?.type === 'object') return { data: body.object };
  if (body?.type !== 'bytes' || body.bytes.length === 0) throw badRequest('error decoding patch: unexpected end of JSON input');
  const limit = core.config.maxBodyBytes;
  if (limit !== undefined && body.bytes.length > limit) throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
  const text = textOf(body.bytes);
  try {
    return { data: parseWellFormed(text), text };
  } catch {
    throw badRequest(`error decoding patch: ${jsonProblem(text)}`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message.split('\n')[0]! : String(error));

function mapBody(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Readonly<Record<string, unknown>>;
  throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}');
}

/** The configuration that is applied: YAML, of which JSON is a part. */
export function readApplied({ exchange: { request, yaml } }: ResourceRequest, context: WriteContext): Readonly<Record<string, unknown>> {
  const { body } = request;
  if (body?.type === 'object') return mapBody(body.object);
  if (body?.type !== 'bytes') throw badRequest('error decoding YAML: unexpected end of input');
  const text = textOf(body.bytes);
  try {
    const { value, duplicates } = appliedData(text, yaml);
    const { fieldValidation } = context.query;
    if (duplicates.length > 0 && fieldValidation === 'Strict') {
      throw badRequest(`error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n${duplicates.map((line) => `  ${line}`).join('\n')}`);
    }
    if (fieldValidation === 'Warn') warn(context.exchange, ...duplicates);
    return mapBody(checkDepth(value));
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw badRequest(`error decoding YAML: ${messageOf(error)}`);
  }
}

/** JSON has the faster reader; the other one knows the lines. */
function appliedData(text: string, yaml: ParsedYaml | undefined): YamlData {
  if (!text.trimStart().startsWith('{')) return yamlData(text, yaml);
  let value: unknown;
  try {
    value = parseWellFormed(text);
  } catch {
    return yamlData(text, yaml);
  }
  return duplicateFields(text).length === 0 ? { value, duplicates: [] } : yamlData(text, yaml);
}
