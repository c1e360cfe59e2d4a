import { badRequest } from '../meta/api-error.ts';
import type { AnyObject } from '../meta/object.ts';
import { apiVersionOf } from '../meta/resource.ts';
import type { Kind } from '../schema/kind.ts';
import type { ApiResponse } from '../wire/api.ts';
import { duplicateFields, mayHoldDuplicates } from '../schema/duplicate-fields.ts';
import { bodyOptions, readBody } from './body.ts';
import type { Core } from './core.ts';
import type { Exchange } from './exchange.ts';
import { ALL_VIEWS, asksPretty, JSON_MEDIA, type Media, METADATA_VIEWS, negotiate } from './negotiate.ts';
import { hasProtobuf, versionBytes } from './protobuf-answer.ts';
import { parseWriteQuery, type WriteOptions, type WriteQuery } from './query.ts';
import { APPLY, patchTypeOf } from './registry/patch-type.ts';
import type { Outcome, WriteContext } from './registry/write-context.ts';
import type { Served } from './resources.ts';
import { answer, answerBytes, answerIn, answerProtobuf } from './respond.ts';
import { notAList, type View, viewOf } from './views.ts';
import type { Version } from './watch-cache/version.ts';

/** A request about a stored resource, as verbs and subresources get it. */
export interface ResourceRequest {
  readonly core: Core;
  readonly exchange: Exchange;
  readonly served: Served;
}

export function mediaOf({ exchange: { request, info }, served }: ResourceRequest): Media {
  if (request.wantsObjects) return JSON_MEDIA;
  const views = WITHOUT_ROWS.has(info.subresource) ? METADATA_VIEWS : ALL_VIEWS;
  return negotiate(request.headers['accept'], { protobuf: hasProtobuf(served.kind), views, stream: info.verb === 'watch' });
}

/** Subresources that are only asked: nothing of them can be listed. */
const WITHOUT_ROWS = new Set(['binding', 'eviction', 'token']);

/** Before a write: that nobody could read its answer must not be found out after it. */
export function checkAnswer(at: ResourceRequest): void {
  const { as } = mediaOf(at);
  if (as === 'PartialObjectMetadataList' && !LISTS.has(at.exchange.info.verb)) throw notAList(at.served.kind);
}

const LISTS = new Set(['list', 'deletecollection', 'watch']);

export function requestView({ core, exchange, served }: ResourceRequest, media: Media, kind = served.kind): View | undefined {
  const include = exchange.info.query.get('includeObject');
  if (include !== null && media.as === 'Table' && !['', 'None', 'Metadata', 'Object'].includes(include)) {
    throw badRequest(`unrecognized includeObject value: ${JSON.stringify(include)}`);
  }
  return viewOf({
    media, kind, now: core.clock.now(),
    includeObject: include === 'None' || include === 'Object' ? include : 'Metadata',
  });
}

export function bodyOf({ core, exchange, served }: ResourceRequest, expected: string): unknown {
  const isLenient = exchange.info.query.size > 0 && exchange.info.query.get('fieldValidation') === 'Ignore';
  return readBody(exchange.request, {
    ...bodyOptions(core, expected), yaml: exchange.yaml,
    ...(expected === served.kind.kind && served.kind.custom ? { protobuf: undefined } : {}),
    onDuplicates: (problems) => exchange.duplicates.push(...problems),
    onText(text, value) {
      if (!isLenient && mayHoldDuplicates(text, value)) exchange.duplicates.push(...duplicateFields(text));
    },
  });
}

export function writeContext(at: ResourceRequest, options: WriteOptions | 'DeleteOptions', more: Partial<Pick<WriteContext, 'name' | 'subresource'>> & { query?: WriteQuery } = {}): WriteContext {
  const { info, request } = at.exchange;
  // What cannot be answered is not done.
  if (!request.wantsObjects && (info.query.has('includeObject') || request.headers['accept'])) requestView(at, mediaOf(at));
  const { core, exchange, served } = at;
  return {
    core, exchange, served,
    namespace: served.kind.scope === 'Namespaced' ? info.namespace : '',
    name: more.name ?? info.name,
    subresource: more.subresource ?? info.subresource,
    query: more.query ?? parseWriteQuery(info.query, options === 'PatchOptions' && patchTypeOf(at.exchange.request, at.served.kind) === APPLY ? 'ApplyOptions' : options as WriteOptions),
  };
}

/** One version as it is stored, or as it was asked to be seen. */
export function answerVersion(at: ResourceRequest, status: number, version: Version): ApiResponse {
  const { request } = at.exchange;
  if (request.wantsObjects) return answer(request, status, version.object);
  const media = mediaOf(at);
  if (media.type === 'json' && media.as === undefined && !wantsPretty(at, media)) return answerBytes(status, [version.served.subarray(1)]);
  if (media.type === 'protobuf' && media.as === undefined) return answerProtobuf(status, versionBytes(version));
  return answerObject(at, status, version.object);
}

/** Data that is stored nowhere in this form. */
export function answerObject(at: ResourceRequest, status: number, object: unknown): ApiResponse {
  const { request } = at.exchange;
  if (request.wantsObjects) return answer(request, status, object);
  const kind = kindOf(at, object);
  const view = kind && requestView(at, mediaOf(at), kind);
  return answerData(at, status, view ? view.one(object as AnyObject) : object);
}

/** Written out as asked for; as JSON where it has no other form. */
export function answerData(at: ResourceRequest, status: number, data: unknown): ApiResponse {
  return answerIn(mediaOf(at), { request: at.exchange.request, status, kinds: at.core.resources.kinds() }, data);
}

/** The kind of what is answered: the resource's own, or a Scale; undefined for a Status. */
function kindOf({ core, served }: ResourceRequest, object: unknown): Kind | undefined {
  const { apiVersion, kind } = object as { readonly apiVersion?: string; readonly kind?: string };
  if (kind === served.kind.kind) return served.kind;
  return core.resources.kinds().find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
}

export const wantsPretty = ({ exchange: { request } }: ResourceRequest, media: Media): boolean => media.pretty === true || asksPretty(request);

export function answerOutcome(at: ResourceRequest, outcome: Outcome): ApiResponse {
  return 'version' in outcome ? answerVersion(at, outcome.status, outcome.version) : answerObject(at, outcome.status, outcome.object);
}
