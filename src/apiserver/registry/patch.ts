import { ApiError, badRequest } from '../../meta/api-error.ts';
import { applyJsonPatch } from '../../meta/json-patch.ts';
import { applyMergePatch } from '../../meta/merge-patch.ts';
import type { AnyObject } from '../../meta/object.ts';
import { decodeObject } from '../../schema/decode.ts';
import type { Kind } from '../../schema/kind.ts';
import { strategicMerge } from '../../schema/strategic-merge.ts';
import { checkDepth, mediaType, parseJson, textOf, unsupportedMediaType } from '../body.ts';
import { parse as parseYaml } from 'yaml';
import type { ResourceRequest } from '../resource-request.ts';
import { applyPatch } from './apply.ts';
import { trackUpdate } from './managed-fields.ts';
import { modify } from './update.ts';
import { type Outcome, reportProblems, type WriteContext } from './write-context.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

/** PATCH of an object or of a subresource that is the object. */
export async function patch(at: ResourceRequest, context: WriteContext): Promise<Outcome> {
  if (mediaType(at.exchange.request.headers['content-type']) === APPLY) return applyPatch(context, appliedBody(at));
  if (context.query.force) throw invalidForce();
  const apply = readPatch(at, context.served.kind);
  let reported = false;
  return modify(context, {
    transform: (current) => {
      const { value, problems } = decodeObject(context.served.kind, apply(current));
      if (!reported) reportProblems(context, problems);
      reported = true;
      return trackUpdate(context, checkIdentity(context, value), current);
    },
  });
}

/** What a patch of any type but apply makes of an object. Reads the body once; the result may be called again. */
export function readPatch(at: ResourceRequest, kind: Kind): (current: AnyObject) => unknown {
  const { request } = at.exchange;
  const type = mediaType(request.headers['content-type']);
  const body = checkDepth(bodyData(at));
  switch (type) {
    case JSON_PATCH: return (current) => applyJsonPatch(current, body);
    case MERGE: return (current) => applyMergePatch(current, mapBody(body));
    case STRATEGIC: return (current) => strategicMerge(kind.schema, current, mapBody(body));
    default: throw unsupportedMediaType([JSON_PATCH, MERGE, STRATEGIC, APPLY]);
  }
}

function bodyData({ exchange: { request }, core }: ResourceRequest): unknown {
  const { body } = request;
  if (body?.type === 'object') return body.object;
  if (body?.type !== 'bytes' || body.bytes.length === 0) throw badRequest('error decoding patch: unexpected end of JSON input');
  const limit = core.config.maxBodyBytes;
  if (limit !== undefined && body.bytes.length > limit) throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
  return parseJson(textOf(body.bytes), 'patch');
}

function mapBody(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Readonly<Record<string, unknown>>;
  throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}');
}

function appliedBody({ exchange: { request } }: ResourceRequest): Readonly<Record<string, unknown>> {
  const { body } = request;
  if (body?.type === 'object') return mapBody(body.object);
  if (body?.type !== 'bytes') throw badRequest('error decoding YAML: unexpected end of input');
  const text = textOf(body.bytes);
  try {
    return mapBody(checkDepth(text.trimStart().startsWith('{') ? JSON.parse(text) : parseYaml(text)));
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw badRequest(`error decoding YAML: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
  }
}

function invalidForce(): ApiError {
  return new ApiError('Invalid', 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch', {
    details: { group: 'meta.k8s.io', kind: 'PatchOptions', causes: [{ reason: 'FieldValueForbidden', message: 'Forbidden: may not be specified for non-apply patch', field: 'force' }] },
  });
}

function checkIdentity({ name, namespace, served }: WriteContext, object: AnyObject): AnyObject {
  if (object.metadata.name !== name) throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  if (served.kind.scope === 'Namespaced' && object.metadata.namespace !== namespace) {
    throw badRequest(`the namespace of the object (${object.metadata.namespace}) does not match the namespace on the request (${namespace})`);
  }
  return object;
}
