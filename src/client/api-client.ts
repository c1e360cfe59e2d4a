import { following, orAborted } from '../base/abort.ts';
import { ApiError, type Status } from '../meta/api-error.ts';
import type { KubeObject, ObjectList } from '../meta/object.ts';
import { apiVersionOf, pathOf, type InstanceOf, type Resource } from '../meta/resource.ts';
import type { ApiRequest, ApiResponse, Peer, RequestBody, Transport, UserInfo } from '../wire/api.ts';
import { isStatus, readBytes, readObject, watchEvents } from './answer.ts';
import type {
  Client, DeleteOptions, ListOptions, Patch, PatchOptions, ReadOptions, WatchEvent, WatchOptions, WriteOptions,
} from './client.ts';
import { queryOf } from './query.ts';

export interface ClientOptions {
  /** In-process only: the identity the server takes as given. Objects then travel undecoded both ways. */
  readonly user?: UserInfo;
  readonly userAgent?: string;
  /** A bearer token, where the transport itself does not authenticate. Read anew for each request. */
  readonly token?: () => string | undefined;
}

const MEDIA_TYPES: Readonly<Record<Patch['type'], string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};
const JSON_TYPE = 'application/json';

/** A Client over any transport: a server's own handler with `user`, or one that reaches another machine. */
export function createClient(transport: Transport, options: ClientOptions = {}): Client {
  return new ApiClient(transport, options);
}

interface Call {
  readonly method: string;
  readonly url: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

class ApiClient implements Client {
  readonly #transport: Transport;
  readonly #options: ClientOptions;
  readonly #peer: Peer;

  constructor(transport: Transport, options: ClientOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#peer = options.user ? { address: 'in-process', user: options.user } : { address: '' };
  }

  get<R extends Resource>(resource: R, name: string, options: ReadOptions = {}): Promise<InstanceOf<R>> {
    const url = pathOf(resource, place({ ...options, name })) + queryOf({ resourceVersion: options.resourceVersion });
    return this.#object({ method: 'GET', url, signal: options.signal });
  }

  async list<R extends Resource>(resource: R, options: ListOptions = {}): Promise<ObjectList<InstanceOf<R>>> {
    const url = pathOf(resource, place(options)) + listQuery(options);
    const list = await this.#object<ObjectList<InstanceOf<R>>>({ method: 'GET', url, signal: options.signal });
    return { ...list, items: withTypes(resource, list.items ?? []) };
  }

  async *watch<R extends Resource>(resource: R, options: WatchOptions = {}): AsyncIterable<readonly WatchEvent<InstanceOf<R>>[]> {
    const url = pathOf(resource, place(options)) + listQuery(options, true);
    using scope = following(options.signal);
    try {
      for await (const batch of watchEvents<InstanceOf<R>>(await this.#ask({ method: 'GET', url, signal: options.signal }, scope.signal))) yield batch;
    } finally {
      scope.abort(); // whoever stops reading closes the watch
    }
  }

  create<R extends Resource>(resource: R, object: object, options: WriteOptions = {}): Promise<InstanceOf<R>> {
    const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
    return this.#object({ method: 'POST', url: pathOf(resource, place(options, object)) + writeQuery(options), body, signal: options.signal });
  }

  update<R extends Resource>(resource: R, object: InstanceOf<R>, options: WriteOptions = {}): Promise<InstanceOf<R>> {
    return this.#put(resource, object, { ...options, subresource: undefined });
  }

  updateStatus<R extends Resource>(resource: R, object: InstanceOf<R>, options: WriteOptions = {}): Promise<InstanceOf<R>> {
    return this.#put(resource, object, { ...options, subresource: 'status' });
  }

  updateSubresource<R extends Resource>(resource: R, object: InstanceOf<R>, subresource: string, options: WriteOptions = {}): Promise<InstanceOf<R>> {
    return this.#put(resource, object, { ...options, subresource });
  }

  patch<R extends Resource>(resource: R, name: string, patch: Patch, options: PatchOptions = {}): Promise<InstanceOf<R>> {
    const at = place({ ...options, name }, patch.type === 'json' ? undefined : patch.body);
    const url = pathOf(resource, at) + writeQuery(options);
    return this.#object({ method: 'PATCH', url, body: patch.body, contentType: MEDIA_TYPES[patch.type], signal: options.signal });
  }

  async delete<R extends Resource>(resource: R, name: string, options: DeleteOptions = {}): Promise<InstanceOf<R> | undefined> {
    const url = pathOf(resource, place({ ...options, name }));
    const answer = await this.#object<InstanceOf<R> | Status>({ method: 'DELETE', url, body: deleteBody(options), signal: options.signal });
    return !isStatus(answer) && lingers(answer) ? answer : undefined;
  }

  async deleteCollection<R extends Resource>(resource: R, list: ListOptions = {}, options: DeleteOptions = {}): Promise<void> {
    const url = pathOf(resource, place({ namespace: list.namespace ?? options.namespace })) + listQuery(list);
    await this.#object({ method: 'DELETE', url, body: deleteBody(options), signal: options.signal ?? list.signal });
  }

  createSubresource<T extends object = KubeObject>(
    resource: Resource, name: string, subresource: string, body: object, options: WriteOptions = {},
  ): Promise<T> {
    const url = pathOf(resource, { ...place({ ...options, name }, body), subresource }) + writeQuery(options);
    return this.#object({ method: 'POST', url, body, signal: options.signal });
  }

  async request(request: Partial<ApiRequest> & Pick<ApiRequest, 'url'>): Promise<ApiResponse> {
    const response = await orAborted(this.#transport({
      method: 'GET',
      peer: this.#peer,
      signal: new AbortController().signal,
      ...request,
      headers: { ...this.#headers(), ...request.headers },
    }), request.signal);
    if (response.status >= 400) throw await failure(response);
    return response;
  }

  #put<R extends Resource>(
    resource: R, object: InstanceOf<R>, options: WriteOptions & { readonly subresource: string | undefined },
  ): Promise<InstanceOf<R>> {
    const { metadata } = object as KubeObject;
    const url = pathOf(resource, place({ ...options, name: metadata.name }, object as object)) + writeQuery(options);
    const body = { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
    return this.#object({ method: 'PUT', url, body, signal: options.signal });
  }

  async #object<T>(call: Call): Promise<T> {
    using scope = following(call.signal);
    return await readObject<T>(await this.#ask(call, scope.signal));
  }

  async #ask(call: Call, signal: AbortSignal): Promise<ApiResponse> {
    const inProcess = this.#options.user !== undefined;
    const contentType = call.body === undefined ? {} : { 'content-type': call.contentType ?? JSON_TYPE };
    // As fetch does: whoever gives up hears so at once, whatever the server still does.
    const response = await orAborted(this.#transport({
      method: call.method,
      url: call.url,
      headers: { ...this.#headers(), ...contentType },
      peer: this.#peer,
      ...(call.body === undefined ? {} : { body: inProcess ? { type: 'object', object: call.body } : encoded(call.body) }),
      ...(inProcess ? { wantsObjects: true } : {}),
      signal,
    }), call.signal);
    if (response.status >= 400) throw await failure(response);
    return response;
  }

  #headers(): Readonly<Record<string, string>> {
    const token = this.#options.token?.();
    return {
      accept: JSON_TYPE,
      'user-agent': this.#options.userAgent ?? 'knarr',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }
}

const encoder = new TextEncoder();
const encoded = (body: unknown): RequestBody => ({ type: 'bytes', bytes: encoder.encode(JSON.stringify(body)) });

interface Place {
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** Where a call goes: the options' namespace, else the object's own. */
function place(options: { [K in keyof Place]?: Place[K] | undefined }, object?: { readonly metadata?: { readonly namespace?: string } }): Place {
  const namespace = options.namespace ?? object?.metadata?.namespace;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.subresource === undefined ? {} : { subresource: options.subresource }),
  };
}

function listQuery(options: WatchOptions, watch?: true): string {
  const { labelSelector, fieldSelector, resourceVersion, resourceVersionMatch, limit, continue: token } = options;
  const { allowWatchBookmarks, sendInitialEvents, timeoutSeconds } = options;
  return queryOf({
    watch, labelSelector, fieldSelector, resourceVersion, resourceVersionMatch, limit, continue: token,
    allowWatchBookmarks, sendInitialEvents, timeoutSeconds,
  });
}

function writeQuery({ dryRun, fieldManager, fieldValidation, force }: PatchOptions): string {
  return queryOf({ dryRun: dryRun ? 'All' : undefined, fieldManager, fieldValidation, force });
}

function deleteBody({ gracePeriodSeconds, propagationPolicy, preconditions, dryRun }: DeleteOptions): object {
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(dryRun ? { dryRun: ['All'] } : {}),
  };
}

/** Items of a list may leave their type out; alone they need it. */
function withTypes<T>(resource: Resource, items: readonly T[]): readonly T[] {
  const typed = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  return items.map((item) => ((item as KubeObject).kind === undefined ? { ...typed, ...item } : item));
}

/** Whether a deleted object is still in the store: some kinds answer with the object even when it has gone. */
function lingers(object: unknown): boolean {
  const { metadata } = object as KubeObject;
  return (metadata.finalizers?.length ?? 0) > 0 || (metadata.deletionGracePeriodSeconds ?? 0) > 0;
}

async function failure(response: ApiResponse): Promise<ApiError> {
  const body = response.body;
  if (body?.type === 'object' && isStatus(body.object)) return ApiError.from(body.object, response.status);
  const text = await readBytes(body);
  try {
    const status: unknown = JSON.parse(text);
    if (isStatus(status)) return ApiError.from(status, response.status);
  } catch {
    // Not the API's own answer: a proxy's, say. What it said is the message.
  }
  return new ApiError('', text.trim() || `the server answered with status ${response.status}`, { code: response.status });
}
