import type { Kind, Verb } from '../kind.ts';
import { type GroupVersionKind, type Method, type Subresource, subresourcesOf } from './subresources.ts';

/** One operation before it is written in a dialect. */
export interface Operation {
  readonly method: Method;
  readonly path: string;
  readonly id: string;
  readonly description: string;
  readonly tag: string;
  /** x-kubernetes-action: list, get, post, put, patch, delete, deletecollection, watch, watchlist, connect. */
  readonly action?: string;
  readonly identity?: GroupVersionKind;
  /** The kind whose name `{name}` is. */
  readonly named?: string;
  readonly body?: Shape;
  /** Absent: nothing is promised. */
  readonly answer?: Shape;
  readonly query?: readonly string[];
  readonly consumes?: readonly string[];
  readonly produces?: readonly string[];
}

/** What a body is: text, a schema that all documents share, or a kind or its list. */
export type Shape = 'string' | SharedShape | GroupVersionKind;
export type SharedShape =
  | 'APIGroup' | 'APIGroupList' | 'APIResourceList' | 'APIVersions' | 'DeleteOptions' | 'Patch' | 'Status' | 'VersionInfo' | 'WatchEvent';

const LIST_QUERY = [
  'allowWatchBookmarks', 'continue', 'fieldSelector', 'labelSelector', 'limit', 'pretty', 'resourceVersion', 'resourceVersionMatch', 'sendInitialEvents',
  'timeoutSeconds', 'watch',
];
const WRITE_QUERY = ['dryRun', 'fieldManager', 'fieldValidation', 'pretty'];
const DELETE_QUERY = ['dryRun', 'gracePeriodSeconds', 'ignoreStoreReadErrorWithClusterBreakingPotential', 'orphanDependents', 'pretty', 'propagationPolicy'];
const COLLECTION_QUERY = [...new Set([...LIST_QUERY.filter((one) => one !== 'watch' && one !== 'allowWatchBookmarks'), ...DELETE_QUERY])].toSorted();

export const JSON_TYPES = ['application/json', 'application/yaml'];
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const STREAM = ';stream=watch';

/** `Core`, `RbacAuthorization`. */
export function groupWord(group: string): string {
  const words = group === '' ? ['core'] : group.replace(/\.k8s\.io$/, '').split('.');
  return words.map(capital).join('');
}

/** `core_v1`, `rbacAuthorization_v1`; without a version the group alone. */
export function tagOf(group: string, version?: string): string {
  const word = groupWord(group);
  return `${word[0]!.toLowerCase()}${word.slice(1)}${version === undefined ? '' : `_${version}`}`;
}

export const capital = (word: string): string => word[0]!.toUpperCase() + word.slice(1);

export interface OperationOptions {
  /** Whether DELETE answers with the object instead of a Status. */
  readonly answersDeleted: boolean;
  /** Whether the kind has a protobuf form, and strategic merge patches. */
  readonly numbered: boolean;
}

/** What the operations of one kind have in common. */
interface Names {
  readonly kind: Kind;
  readonly own: GroupVersionKind;
  readonly root: string;
  /** `/api/v1/namespaces/{namespace}/pods`. */
  readonly collection: string;
  readonly item: string;
  /** `CoreV1`. */
  readonly title: string;
  readonly scope: 'Namespaced' | '';
  /** `CoreV1NamespacedPod`. */
  readonly name: string;
  readonly verbs: ReadonlySet<Verb>;
  readonly common: Pick<Operation, 'tag' | 'identity' | 'named' | 'produces'>;
  readonly options: OperationOptions;
}

/** All operations of a kind, its subresources' included. */
export function operationsOf(kind: Kind, options: OperationOptions): readonly Operation[] {
  const own = { group: kind.group, version: kind.version, kind: kind.kind };
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope = kind.scope === 'Namespaced' ? 'Namespaced' : '';
  const collection = `${root}${scope && '/namespaces/{namespace}'}/${kind.plural}`;
  const title = groupWord(kind.group) + capital(kind.version);
  const names: Names = {
    kind, own, root, collection, title, scope, options,
    item: `${collection}/{name}`,
    name: `${title}${scope}${kind.kind}`,
    verbs: new Set(kind.verbs ?? ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']),
    common: { tag: tagOf(kind.group, kind.version), identity: own, named: kind.kind, produces: producedBy(options) },
  };
  return [...collectionOperations(names), ...itemOperations(names), ...watchOperations(names), ...subresourcesOf(kind).flatMap((one) => below(names, one))];
}

const producedBy = ({ numbered }: OperationOptions): readonly string[] => (numbered ? [...JSON_TYPES, PROTOBUF] : JSON_TYPES);
const on = (verbs: ReadonlySet<Verb>, verb: Verb, ...operations: readonly Operation[]): readonly Operation[] => (verbs.has(verb) ? operations : []);

/** A watch's frames, for what is no YAML. */
function streamsBeside(types: readonly string[]): readonly string[] {
  return [...types, ...types.filter((type) => type !== 'application/yaml').map((type) => `${type}${STREAM}`)];
}

function collectionOperations(names: Names): readonly Operation[] {
  const { kind, own, root, collection, title, scope, name, verbs, common } = names;
  const lists: Omit<Operation, 'path' | 'id'> = {
    ...common, method: 'get', action: 'list', description: `list ${verbs.has('watch') ? 'or watch ' : ''}objects of kind ${kind.kind}`,
    answer: listOf(own), query: LIST_QUERY, produces: streamsBeside(common.produces!),
  };
  return [
    ...(scope ? on(verbs, 'list', { ...lists, path: `${root}/${kind.plural}`, id: `list${title}${kind.kind}ForAllNamespaces` }) : []),
    ...on(verbs, 'list', { ...lists, path: collection, id: `list${name}` }),
    ...on(verbs, 'create', { ...common, method: 'post', path: collection, id: `create${name}`, description: `create a ${kind.kind}`, action: 'post', body: own, answer: own, query: WRITE_QUERY }),
    ...on(verbs, 'deletecollection', {
      ...common, method: 'delete', path: collection, id: `delete${title}Collection${scope}${kind.kind}`,
      description: `delete collection of ${kind.kind}`, action: 'deletecollection', body: 'DeleteOptions', answer: 'Status', query: COLLECTION_QUERY,
    }),
  ];
}

function itemOperations(names: Names): readonly Operation[] {
  const { kind, own, item, name, verbs, common, options } = names;
  const whole = { path: item, id: name, what: kind.kind, shape: own };
  return [
    ...on(verbs, 'get', readOf(names, whole)),
    ...on(verbs, 'update', replaceOf(names, whole)),
    ...on(verbs, 'patch', patchOf(names, whole)),
    ...on(verbs, 'delete', {
      ...common, method: 'delete', path: item, id: `delete${name}`, description: `delete a ${kind.kind}`, action: 'delete', body: 'DeleteOptions',
      answer: options.answersDeleted ? own : 'Status', query: DELETE_QUERY,
    }),
  ];
}

/** `/api/v1/watch/…`, how watches were asked for before `?watch=true`. */
function watchOperations(names: Names): readonly Operation[] {
  const { kind, root, collection, title, scope, name, verbs, common } = names;
  if (!verbs.has('watch')) return [];
  const old = `${root}/watch`;
  const watch = { ...common, method: 'get', answer: 'WatchEvent', query: LIST_QUERY, produces: streamsBeside(common.produces!) } as const;
  const lists = { ...watch, action: 'watchlist', description: `watch ${kind.kind} objects; replaced by a list with the parameter watch` };
  const below = collection.slice(root.length);
  return [
    ...(scope ? [{ ...lists, path: `${old}/${kind.plural}`, id: `watch${title}${kind.kind}ListForAllNamespaces` }] : []),
    { ...lists, path: `${old}${below}`, id: `watch${name}List` },
    { ...watch, action: 'watch', description: `watch one ${kind.kind}; replaced by a list with the parameters watch and fieldSelector`, path: `${old}${below}/{name}`, id: `watch${name}` },
  ];
}

/** A path whose object is read and written: the object itself or a part of it. */
interface Part {
  readonly path: string;
  readonly id: string;
  /** `Pod`, `status of the specified Pod`. */
  readonly what: string;
  readonly shape: Shape;
}

const specified = ({ what }: Part): string => (what.includes(' ') ? what : `the specified ${what}`);

const readOf = ({ common }: Names, part: Part): Operation =>
  ({ ...common, method: 'get', path: part.path, id: `read${part.id}`, description: `read ${specified(part)}`, action: 'get', answer: part.shape, query: ['pretty'] });

const replaceOf = ({ common }: Names, part: Part): Operation => ({
  ...common, method: 'put', path: part.path, id: `replace${part.id}`, description: `replace ${specified(part)}`, action: 'put', body: part.shape, answer: part.shape, query: WRITE_QUERY,
});

const patchOf = ({ common, options }: Names, part: Part): Operation => ({
  ...common, method: 'patch', path: part.path, id: `patch${part.id}`, description: `partially update ${specified(part)}`, action: 'patch', body: 'Patch', answer: part.shape,
  query: ['dryRun', 'fieldManager', 'fieldValidation', 'force', 'pretty'],
  consumes: ['application/json-patch+json', 'application/merge-patch+json', ...(options.numbered ? ['application/strategic-merge-patch+json'] : []), 'application/apply-patch+yaml'],
});

function below(names: Names, subresource: Subresource): readonly Operation[] {
  const { kind, item, name, common } = names;
  const path = `${item}/${subresource.name}`;
  const id = `${name}${capital(subresource.name)}`;
  const here: Names = { ...names, common: { ...common, identity: subresource.response } };
  const verbs = new Set(subresource.verbs);
  if (subresource.connects) return connections(here, subresource, subresource.deep ? [[path, ''], [`${path}/{path}`, 'WithPath']] : [[path, '']]);
  const part: Part = { path, id, what: `${subresource.name} of the specified ${kind.kind}`, shape: subresource.response };
  if (subresource.name === 'log') {
    return [{ ...readOf(here, part), answer: 'string', query: [...subresource.query!, 'pretty'], produces: ['text/plain', ...common.produces!] }];
  }
  return [
    ...(verbs.has('get') ? [readOf(here, part)] : []),
    ...(verbs.has('update') ? [replaceOf(here, part)] : []),
    ...(verbs.has('patch') ? [patchOf(here, part)] : []),
    ...(verbs.has('create') ? [{
      ...here.common, method: 'post', path, id: `create${id}`, description: `create ${subresource.name} of a ${kind.kind}`, action: 'post',
      body: subresource.response, answer: subresource.response, query: WRITE_QUERY,
    } as const] : []),
  ];
}

function connections({ title, scope, kind, common }: Names, { name: what, connects = [], query = [] }: Subresource, paths: readonly (readonly [path: string, suffix: string])[]): readonly Operation[] {
  return paths.flatMap(([path, suffix]) => connects.map((method): Operation => ({
    ...common, method, path, id: `connect${title}${capital(method)}${scope}${kind.kind}${capital(what)}${suffix}`,
    description: `connect ${method.toUpperCase()} requests to ${what} of ${kind.kind}`, action: 'connect', answer: 'string', query, produces: ['*/*'],
  })));
}

/** The list of a kind, by its name. */
const listOf = (own: GroupVersionKind): GroupVersionKind => ({ ...own, kind: `${own.kind}List` });
