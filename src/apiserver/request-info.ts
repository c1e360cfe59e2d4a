/** What a request asks for, read off its method and path before anything else (RequestInfo upstream). */
export interface RequestInfo {
  /** Whether the path names an API resource; everything else is authorized by path. */
  readonly isResource: boolean;
  /** The path without query, percent-decoded by segment only where used below. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the lower-cased method. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Percent-encoded path after `proxy/`, with its leading slash, for proxied requests. */
  readonly rest: string;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create', GET: 'get', HEAD: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete',
};
const NO_QUERY = new URLSearchParams();
/** Of a namespace itself, unlike `namespaces/x/pods`. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** @throws URIError when a segment's percent-encoding is broken. */
export function parseRequestInfo(method: string, url: string): RequestInfo {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1));
  const parts = path.split('/').slice(1);
  const prefix = parts[0] === 'api' ? 2 : parts[0] === 'apis' ? 3 : 0;
  if (prefix === 0 || parts.length <= prefix || parts[prefix] === '') return nonResource(method, path, query);
  return resourceInfo({ method, path, query, parts, prefix });
}

function nonResource(method: string, path: string, query: URLSearchParams): RequestInfo {
  return {
    isResource: false, path, query, verb: method.toLowerCase(),
    group: '', version: '', namespace: '', resource: '', subresource: '', name: '', rest: '',
  };
}

interface Split {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly parts: readonly string[];
  readonly prefix: number;
}

function resourceInfo({ method, path, query, parts, prefix }: Split): RequestInfo {
  let at = prefix;
  let verb = VERBS[method] ?? '';
  // `/api/v1/watch/…` is how watches were asked for before `?watch=true`; it is still served.
  const oldWatch = parts[at] === 'watch' && parts.length > at + 1;
  if (oldWatch) at++;

  let namespace = '';
  if (parts[at] === 'namespaces' && parts.length > at + 1 && parts[at + 1] !== '') {
    namespace = decodeURIComponent(parts[at + 1]!);
    if (parts.length > at + 2 && parts[at + 2] !== '' && !NAMESPACE_SUBRESOURCES.has(parts[at + 2]!)) at += 2;
  }
  const resource = decodeURIComponent(parts[at]!);
  let name = parts[at + 1] === undefined ? '' : decodeURIComponent(parts[at + 1]!);
  const subresource = parts[at + 2] === undefined ? '' : decodeURIComponent(parts[at + 2]!);
  const rest = parts.length > at + 3 ? `/${parts.slice(at + 3).join('/')}` : '';

  if (name === '' && verb === 'get') verb = oldWatch || isTrue(query.get('watch')) ? 'watch' : 'list';
  else if (name === '' && verb === 'delete') verb = 'deletecollection';
  else if (oldWatch) verb = 'watch';
  if (name === '' && (verb === 'list' || verb === 'watch' || verb === 'deletecollection')) name = singleName(query);
  return {
    isResource: true, path, query, verb,
    group: prefix === 3 ? decodeURIComponent(parts[1]!) : '',
    version: decodeURIComponent(parts[prefix - 1]!),
    namespace, resource, subresource, name, rest,
  };
}

/** A collection request narrowed to one object by `metadata.name=x` is authorized as one about that object. */
function singleName(query: URLSearchParams): string {
  const selector = query.get('fieldSelector');
  return (selector && /(?:^|,)metadata\.name==?([^,!=]+)(?:,|$)/.exec(selector)?.[1]) ?? '';
}

/** How upstream reads a boolean query parameter: anything but `0` and `false` is true when given. */
export function isTrue(text: string | null): boolean {
  return text !== null && text !== '0' && text.toLowerCase() !== 'false';
}
