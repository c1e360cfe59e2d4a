import { messageOf } from '../../base/message-of.ts';
import { ApiError, badRequest } from '../../meta/api-error.ts';
import { FieldPath, invalid } from '../../meta/field-error.ts';
import { jsonProblem } from '../../meta/json-error.ts';
import { applyJsonPatch, strayFields } from '../../meta/json-patch.ts';
import { applyMergePatch } from '../../meta/merge-patch.ts';
import type { AnyObject } from '../../meta/object.ts';
import { isRecord } from '../../meta/own.ts';
import { decodeObject } from '../../schema/decode.ts';
import { duplicateFields } from '../../schema/duplicate-fields.ts';
import { converterMessage, jsonKind } from '../../schema/go-type.ts';
import type { Kind } from '../../schema/kind.ts';
import { goMap, strategicMerge } from '../../schema/strategic-merge.ts';
import { checkDepth, otherKind, parseWellFormed, textOf } from '../body.ts';
import { warn } from '../exchange.ts';
import { type ParsedYaml, type YamlData, yamlData } from '../../meta/yaml.ts';
import { APPLY, JSON_PATCH, MERGE, patchTypeOf } from './patch-type.ts';
import type { ResourceRequest } from '../resource-request.ts';
import { applyPatch } from './apply.ts';
import { atAddress } from './identity.ts';
import { keepReset, trackConverted } from './managed-fields.ts';
import { modify } from './update.ts';
import type { Outcome, WriteContext } from './write-context.ts';

/** PATCH of an object or of a subresource that is the object. */
export async function patch(at: ResourceRequest, context: WriteContext): Promise<Outcome> {
  if (patchTypeOf(at.exchange.request) === APPLY) return applyPatch(context, readApplied(at, context));
  const apply = readPatch(at, context);
  return modify(context, { transform: (current) => trackConverted(context, atAddress(context, apply(current)), current) });
}

/**
 * What a patch of any type but apply makes of an object, decoded. Reads the body once; the result may be called again.
 * What is unknown or doubled is told as `fieldValidation` asks.
 */
export function readPatch(at: ResourceRequest, context: WriteContext, kind: Kind = context.served.kind): (current: AnyObject) => AnyObject {
  const type = patchTypeOf(at.exchange.request);
  const { data, text } = bodyData(at);
  checkDepth(data);
  const body = patchOf(type, data);
  const isMap = type !== JSON_PATCH && type !== MERGE;
  const doubled = text === undefined || context.query.fieldValidation === 'Ignore' ? [] : duplicateFields(text);
  const apply = (current: AnyObject): unknown => {
    if (type === JSON_PATCH) return applyJsonPatch(current, body);
    return type === MERGE ? applyMergePatch(current, body as Changes) : strategicMerge(kind.schema, current, body as Changes);
  };
  return (current) => {
    const patched = apply(current);
    if (!isMap) checkStillKind(at.core.resources.kinds(), kind, patched);
    const shown = () => (isMap ? goMap(body) : JSON.stringify(patched));
    const { value, problems } = decodeObject(kind, patched, (why) => invalidPatch(shown(), isMap ? converterMessage(why) : why));
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

const firstLineOf = (error: unknown): string => messageOf(error).split('\n')[0]!;

type Changes = Readonly<Record<string, unknown>>;

const MAP = 'map[string]interface {}';
const notA = (value: unknown, goType: string): string => `json: cannot unmarshal ${jsonKind(value, '')} into Go value of type ${goType}`;

/** The patch in the form its type has. Null changes nothing, but in a merge patch it means nothing. */
function patchOf(type: string, data: unknown): unknown {
  if (type === JSON_PATCH) {
    if (data !== null && !Array.isArray(data)) throw badRequest(`error decoding patch: ${notA(data, '[]interface {}')}`);
    return data ?? [];
  }
  if (data === null && type === MERGE) throw badRequest('Invalid JSON Patch');
  if (data !== null && !isRecord(data)) throw badRequest(`error decoding patch: ${notA(data, MAP)}`);
  return data ?? {};
}

/** A patch may not make another kind of the object. @throws ApiError Invalid */
function checkStillKind(kinds: readonly Kind[], kind: Kind, patched: unknown): void {
  const why = kind.custom || !isRecord(patched) ? undefined : otherKind(kinds, kind, patched);
  if (why !== undefined) throw invalidPatch(JSON.stringify(patched), why);
}

/** The configuration that is applied: YAML, of which JSON is a part. */
export function readApplied({ exchange: { request, yaml } }: ResourceRequest, context: WriteContext): Readonly<Record<string, unknown>> {
  const { body } = request;
  if (body?.type === 'object') return appliedMap(body.object);
  if (body?.type !== 'bytes' || body.bytes.length === 0) return {};
  const text = textOf(body.bytes);
  try {
    const { value, duplicates } = appliedData(text, yaml);
    const { fieldValidation } = context.query;
    if (duplicates.length > 0 && fieldValidation === 'Strict') {
      throw badRequest(`error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n${duplicates.map((line) => `  ${line}`).join('\n')}`);
    }
    if (fieldValidation === 'Warn') warn(context.exchange, ...duplicates);
    return appliedMap(checkDepth(value));
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw badRequest(`error decoding YAML: ${firstLineOf(error)}`);
  }
}

function appliedMap(value: unknown): Readonly<Record<string, unknown>> {
  if (value === null || value === undefined) return {};
  if (isRecord(value)) return value;
  throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${notA(value, MAP)}`);
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
