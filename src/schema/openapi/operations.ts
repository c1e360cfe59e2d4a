import type { Kind, Verb } from '../kind.ts';
import type { Dialect, Json } from './definitions.ts';

/** One operation before it is written in a dialect. */
export interface Operation {
  readonly method: 'get' | 'put' | 'post' | 'patch' | 'delete' | 'head' | 'options';
  readonly path: string;
  readonly id: string;
  readonly description: string;
  /** x-kubernetes-action: list, get, post, put, patch, delete, deletecollection, connect. */
  readonly action: string;
  readonly body?: Body;
  /** The answer's schema, a definition's reference. */
  readonly answer: 'object' | 'list' | 'status' | 'string' | 'scale';
  readonly query: readonly string[];
}

type Body = 'object' | 'patch' | 'delete-options' | 'scale';

/** Every query parameter by name: its type and a sentence. */
export const QUERY_PARAMETERS: Readonly<Record<string, readonly [type: 'string' | 'boolean' | 'integer', description: string]>> = {
  allowWatchBookmarks: ['boolean', 'Whether a watch may be sent BOOKMARK events.'],
  continue: ['string', 'The token of an earlier answer, to read on from there.'],
  dryRun: ['string', 'All: every step is taken but the write itself.'],
  fieldManager: ['string', 'The name under which the written fields are owned.'],
  fieldSelector: ['string', 'Selects by fields: metadata.name=a,status.phase!=Running.'],
  fieldValidation: ['string', 'What unknown and doubled fields lead to: Ignore, Warn or Strict.'],
  force: ['boolean', 'Takes fields over from other managers; for apply alone.'],
  gracePeriodSeconds: ['integer', 'Seconds the object has before it is gone; 0 is at once.'],
  ignoreStoreReadErrorWithClusterBreakingPotential: ['boolean', 'Deletes an object that can no longer be read.'],
  labelSelector: ['string', 'Selects by labels: app=web,tier in (a,b).'],
  limit: ['integer', 'How many objects an answer has at the most.'],
  orphanDependents: ['boolean', 'Replaced by propagationPolicy.'],
  pretty: ['string', 'Whether the answer is indented.'],
  propagationPolicy: ['string', 'What becomes of dependents: Orphan, Background or Foreground.'],
  resourceVersion: ['string', 'The revision to read at or to watch from.'],
  resourceVersionMatch: ['string', 'How resourceVersion is meant: Exact or NotOlderThan.'],
  sendInitialEvents: ['boolean', 'Whether a watch begins with the objects there are.'],
  timeoutSeconds: ['integer', 'When the server ends a list or watch.'],
  watch: ['boolean', 'Answers with changes as they happen instead of a list.'],
};

const LIST_QUERY = [
  'allowWatchBookmarks', 'continue', 'fieldSelector', 'labelSelector', 'limit', 'resourceVersion', 'resourceVersionMatch', 'sendInitialEvents',
  'timeoutSeconds', 'watch',
];
const WRITE_QUERY = ['dryRun', 'fieldManager', 'fieldValidation'];
const DELETE_QUERY = ['dryRun', 'gracePeriodSeconds', 'ignoreStoreReadErrorWithClusterBreakingPotential', 'orphanDependents', 'propagationPolicy'];

/** `Core`, `RbacAuthorization`. */
function groupWord(group: string): string {
  const words = group === '' ? ['core'] : group.replace(/\.k8s\.io$/, '').split('.');
  return words.map(capital).join('');
}

const capital = (word: string): string => word[0]!.toUpperCase() + word.slice(1);

/** `CoreV1`, `RbacAuthorizationV1`. */
const groupTitle = ({ group, version }: Kind): string => groupWord(group) + capital(version);

/** `core_v1`, `rbacAuthorization_v1`: the operations' tag. */
function tagOf({ group, version }: Kind): string {
  const word = groupWord(group);
  return `${word[0]!.toLowerCase()}${word.slice(1)}_${version}`;
}

/** All operations of a kind, its subresources' included. */
export function operationsOf(kind: Kind): readonly Operation[] {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scoped = kind.scope === 'Namespaced' ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`;
  const verbs = new Set<Verb>(kind.verbs ?? ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']);
  const title = groupTitle(kind);
  const scope = kind.scope === 'Namespaced' ? 'Namespaced' : '';
  const name = `${title}${scope}${kind.kind}`;
  const item = `${scoped}/{name}`;
  const everywhere: Operation[] = kind.scope === 'Namespaced' && verbs.has('list')
    ? [{ method: 'get', path: `${root}/${kind.plural}`, id: `list${title}${kind.kind}ForAllNamespaces`, description: `list or watch objects of kind ${kind.kind}`, action: 'list', answer: 'list', query: LIST_QUERY }]
    : [];
  return [
    ...everywhere,
    ...on(verbs, 'list', { method: 'get', path: scoped, id: `list${name}`, description: `list or watch objects of kind ${kind.kind}`, action: 'list', answer: 'list', query: LIST_QUERY }),
    ...on(verbs, 'create', { method: 'post', path: scoped, id: `create${name}`, description: `create a ${kind.kind}`, action: 'post', body: 'object', answer: 'object', query: WRITE_QUERY }),
    ...on(verbs, 'deletecollection', {
      method: 'delete', path: scoped, id: `delete${title}Collection${scope}${kind.kind}`, description: `delete collection of ${kind.kind}`, action: 'deletecollection',
      body: 'delete-options', answer: 'status', query: [...LIST_QUERY.filter((one) => one !== 'watch' && one !== 'allowWatchBookmarks'), ...DELETE_QUERY],
    }),
    ...on(verbs, 'get', { method: 'get', path: item, id: `read${name}`, description: `read the specified ${kind.kind}`, action: 'get', answer: 'object', query: [] }),
    ...on(verbs, 'update', { method: 'put', path: item, id: `replace${name}`, description: `replace the specified ${kind.kind}`, action: 'put', body: 'object', answer: 'object', query: WRITE_QUERY }),
    ...on(verbs, 'patch', patchOf(item, name, kind.kind)),
    ...on(verbs, 'delete', { method: 'delete', path: item, id: `delete${name}`, description: `delete a ${kind.kind}`, action: 'delete', body: 'delete-options', answer: 'status', query: DELETE_QUERY }),
    ...(kind.hasStatus && verbs.has('update') ? partOf(item, name, { kind: kind.kind, part: 'status', what: 'object' }) : []),
    ...(kind.scale ? partOf(item, name, { kind: kind.kind, part: 'scale', what: 'scale' }) : []),
  ];
}

const on = (verbs: ReadonlySet<Verb>, verb: Verb, operation: Operation): readonly Operation[] => (verbs.has(verb) ? [operation] : []);

const patchOf = (path: string, name: string, kind: string): Operation => ({
  method: 'patch', path, id: `patch${name}`, description: `partially update the specified ${kind}`, action: 'patch', body: 'patch', answer: 'object', query: [...WRITE_QUERY, 'force'],
});

function partOf(item: string, name: string, { kind, part, what }: { kind: string; part: string; what: 'object' | 'scale' }): readonly Operation[] {
  const path = `${item}/${part}`;
  const id = `${name}${part[0]!.toUpperCase()}${part.slice(1)}`;
  return [
    { method: 'get', path, id: `read${id}`, description: `read ${part} of the specified ${kind}`, action: 'get', answer: what, query: [] },
    { method: 'put', path, id: `replace${id}`, description: `replace ${part} of the specified ${kind}`, action: 'put', body: what, answer: what, query: WRITE_QUERY },
    { ...patchOf(path, id, kind), description: `partially update ${part} of the specified ${kind}`, answer: what },
  ];
}

const PRODUCES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const STREAMS = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
export const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml'];

/** What references an operation needs from the document. */
export interface References {
  readonly object: Json;
  readonly list: Json;
  readonly status: Json;
  readonly scale: Json;
  readonly patch: Json;
  readonly deleteOptions: Json;
}

/** The operation as the dialect writes it. */
export function writeOperation(operation: Operation, kind: Kind, references: References, dialect: Dialect): Json {
  const identity = operation.answer === 'scale' || operation.body === 'scale'
    ? { group: 'autoscaling', version: 'v1', kind: 'Scale' }
    : { group: kind.group, version: kind.version, kind: kind.kind };
  const types = operation.action === 'list' ? [...PRODUCES, ...STREAMS] : PRODUCES;
  const shared = {
    description: operation.description,
    operationId: operation.id,
    tags: [tagOf(kind)],
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': identity,
  };
  const codes = answerCodes(operation);
  const schema = operation.answer === 'string' ? { type: 'string' } : references[operation.answer];
  const unauthorized = { 401: { description: 'Unauthorized' } };
  if (dialect === 'v2') {
    return {
      ...shared,
      consumes: operation.method === 'patch' ? PATCHES : ['*/*'],
      produces: types,
      schemes: ['https'],
      parameters: [...bodyParameter(operation, references), ...operation.query.map(queryV2)],
      responses: { ...Object.fromEntries(codes.map(([code, description]) => [code, { description, schema }])), ...unauthorized },
    };
  }
  const content = Object.fromEntries(types.map((type) => [type, { schema }]));
  return {
    ...shared,
    ...requestBody(operation, references),
    parameters: operation.query.map(queryV3),
    responses: { ...Object.fromEntries(codes.map(([code, description]) => [code, { description, content }])), ...unauthorized },
  };
}

function answerCodes({ method, action }: Operation): readonly (readonly [number, string])[] {
  if (method === 'post') return [[200, 'OK'], [201, 'Created'], [202, 'Accepted']];
  if (method === 'put' || method === 'patch') return [[200, 'OK'], [201, 'Created']];
  return action === 'delete' ? [[200, 'OK'], [202, 'Accepted']] : [[200, 'OK']];
}

const queryV2 = (name: string): Json => ({ name, in: 'query', type: QUERY_PARAMETERS[name]![0], description: QUERY_PARAMETERS[name]![1], uniqueItems: true });
const queryV3 = (name: string): Json => ({ name, in: 'query', description: QUERY_PARAMETERS[name]![1], schema: { type: QUERY_PARAMETERS[name]![0], uniqueItems: true } });

const bodySchema = (body: Body, references: References): Json => {
  switch (body) {
    case 'object': return references.object;
    case 'patch': return references.patch;
    case 'delete-options': return references.deleteOptions;
    case 'scale': return references.scale;
  }
};

function bodyParameter({ body }: Operation, references: References): readonly Json[] {
  if (!body) return [];
  return [{ name: 'body', in: 'body', ...(body === 'delete-options' ? {} : { required: true }), schema: bodySchema(body, references) }];
}

function requestBody({ body }: Operation, references: References): Json {
  if (!body) return {};
  const types = body === 'patch' ? PATCHES : ['*/*'];
  return { requestBody: { content: Object.fromEntries(types.map((type) => [type, { schema: bodySchema(body, references) }])) } };
}
