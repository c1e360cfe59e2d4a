import { ApiError, badRequest, notFound } from '../meta/api-error.ts';
import { exactValue, parseFieldSelector } from '../meta/field-selector.ts';
import type { ApiResponse } from '../wire/api.ts';
import { EVENTS, orOverWebSocket } from './connect/websocket.ts';
import { parseListQuery, parseResourceVersion } from './query.ts';
import { create } from './registry/create.ts';
import { remove, removeCollection } from './registry/delete.ts';
import { parseDeleteOptions } from './registry/delete-options.ts';
import { list, tooLarge } from './registry/list.ts';
import { patch } from './registry/patch.ts';
import { readable } from './registry/remote.ts';
import { update } from './registry/update.ts';
import { watch } from './registry/watch.ts';
import type { Verb } from '../schema/kind.ts';
import { answerPage } from './list-answer.ts';
import { answerOutcome, answerVersion, bodyOf, mediaOf, requestView, type ResourceRequest, writeContext } from './resource-request.ts';
import { isTrue } from './request-info.ts';
import { answer } from './respond.ts';

export type VerbHandler = (at: ResourceRequest) => Promise<ApiResponse>;

/** The verbs every stored resource has. */
export const verbs: Readonly<Record<Verb, VerbHandler>> = {
  async get(at) {
    const { core, served, exchange: { info } } = at;
    const namespace = namespaceOf(at);
    const asked = info.query.size === 0 ? '' : info.query.get('resourceVersion') ?? '';
    if (isTrue(info.query.get('export'))) throw badRequest('the export parameter, deprecated since v1.14, is no longer supported');
    if (asked === '') await core.hub.fresh();
    else if (!(await core.hub.reach(parseResourceVersion(asked)))) throw tooLarge(Number(asked), core.hub.revision);
    const key = served.codec.keyOf(namespace, info.name);
    if (served.codec.isRemote) await readable(served, () => [served.cache.get(key)]);
    const version = served.cache.get(key);
    if (!version) throw notFound(served.kind, info.name);
    return answerVersion(at, 200, version);
  },

  async list(at) {
    const query = parseListQuery(at.exchange.info.query, false);
    return answerPage(at, await list({ ...at, namespace: namespaceOf(at) }, query));
  },

  watch: orOverWebSocket(EVENTS, async (at) => {
    const { info, request } = at.exchange;
    const query = parseListQuery(info.query, true);
    const fieldSelector = withName(query.fieldSelector, info.name);
    const media = mediaOf(at);
    return watch({ ...at, request, namespace: namespaceOf(at), query: { ...query, fieldSelector }, media, view: requestView(at, media) });
  }),

  async create(at) {
    if (at.exchange.info.name !== '') throw methodNotAllowed();
    return answerOutcome(at, await create(writeContext(at, 'CreateOptions'), bodyOf(at, at.served.kind.kind)));
  },

  async update(at) {
    if (at.exchange.info.name === '') throw methodNotAllowed();
    return answerOutcome(at, await update(writeContext(at, 'UpdateOptions'), bodyOf(at, at.served.kind.kind)));
  },

  async patch(at) {
    if (at.exchange.info.name === '') throw methodNotAllowed();
    return answerOutcome(at, await patch(at, writeContext(at, 'PatchOptions')));
  },

  async delete(at) {
    const options = parseDeleteOptions(bodyOf(at, 'DeleteOptions'), at.exchange.info.query);
    return answerOutcome(at, await remove(deleteContext(at, options.dryRun), options));
  },

  async deletecollection(at) {
    const { info, request } = at.exchange;
    const query = parseListQuery(info.query, false);
    const options = parseDeleteOptions(bodyOf(at, 'DeleteOptions'), info.query);
    const removed = await removeCollection(deleteContext(at, options.dryRun), { options, query });
    return request.wantsObjects ? answer(request, 200, undefined) : answerPage(at, removed);
  },
};

/** A watch of one name in the path is one of that name in the selector. */
function withName(fieldSelector: string, name: string): string {
  if (name === '') return fieldSelector;
  if (fieldSelector === '') return `metadata.name=${name}`;
  if (exactValue(parseFieldSelector(fieldSelector), 'metadata.name') !== name) throw badRequest('fieldSelector metadata.name doesn\'t match requested name');
  return fieldSelector;
}

function deleteContext(at: ResourceRequest, dryRun: boolean) {
  return writeContext(at, 'DeleteOptions', { query: { dryRun, fieldManager: '', fieldValidation: 'Ignore', force: false } });
}

const namespaceOf = ({ served, exchange }: ResourceRequest): string => (served.kind.scope === 'Namespaced' ? exchange.info.namespace : '');

export function methodNotAllowed(): ApiError {
  return new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', { details: {} });
}
