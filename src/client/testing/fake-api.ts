import { alreadyExists, ApiError, conflict, notFound } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { ApiRequest, ApiResponse, Transport, WireEvent } from '../../wire/api.ts';

/**
 * An API server small enough for a test: objects by URL path, list, watch from any revision, create, put, merge patch,
 * delete. No defaults, no validation, no admission, no finalizers.
 */
export class FakeApi {
  readonly objects = new Map<string, AnyObject>();
  /** Every request as `METHOD /url`, watches included. */
  readonly requests: string[] = [];
  /** Answers in place of the fake: for failures. */
  intercept: ((request: ApiRequest) => ApiResponse | undefined) | undefined;
  #revision = 0;
  readonly #history: { readonly revision: number; readonly path: string; readonly event: WireEvent }[] = [];
  readonly #wakers = new Set<() => void>();
  #compacted = 0;

  readonly transport: Transport = async (request) => {
    this.requests.push(`${request.method} ${request.url}`);
    try {
      return this.intercept?.(request) ?? this.#answer(request);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return respond(request, error.toStatus(), error.code);
    }
  };

  /** Writes as another client would. `path`: the object's URL. */
  put(path: string, object: object): AnyObject {
    return this.#write(path, object, this.objects.has(path) ? 'MODIFIED' : 'ADDED');
  }

  remove(path: string): void {
    const old = this.objects.get(path);
    if (old) this.#write(path, old, 'DELETED');
  }

  /** Forgets history: watches from before answer 410. Ends the open ones. */
  compact(): void {
    this.#compacted = this.#revision;
    this.hangUp();
  }

  /** Ends every open watch. */
  hangUp(): void {
    for (const wake of this.#wakers) wake();
    this.#wakers.clear();
  }

  #answer(request: ApiRequest): ApiResponse {
    const url = new URL(request.url, 'http://fake');
    const path = url.pathname;
    if (request.method === 'GET') return this.#read(request, path, url.searchParams);
    const body = bodyOf(request);
    if (request.method === 'POST') {
      const made = `${path}/${body.metadata.name ?? `${body.metadata.generateName}${this.#revision}`}`;
      if (this.objects.has(made)) throw alreadyExists(subject(made), nameOf(made));
      return respond(request, this.put(made, body), 201);
    }
    const at = path.replace(/\/(status|finalize)$/, '');
    const old = this.objects.get(at);
    if (!old) throw notFound(subject(at), nameOf(at));
    if (request.method === 'DELETE') {
      this.remove(at);
      return respond(request, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
    }
    if (request.method === 'PATCH') return respond(request, this.put(at, merge(old, body)));
    const stale = body.metadata.resourceVersion !== undefined && body.metadata.resourceVersion !== old.metadata.resourceVersion;
    if (stale) throw conflict(subject(at), nameOf(at));
    const { resourceVersion: _, ...metadata } = body.metadata;
    return respond(request, this.put(at, { ...body, metadata: { ...old.metadata, ...metadata } }));
  }

  #read(request: ApiRequest, path: string, query: URLSearchParams): ApiResponse {
    const object = this.objects.get(path);
    if (object) return respond(request, object);
    const collection = collectionOf(path);
    if (query.get('watch')) return this.#watch(request, collection, Number(query.get('resourceVersion') ?? 0));
    if (!isCollection(path)) throw notFound(subject(path), nameOf(path));
    const items = [...this.objects].filter(([key]) => collection.test(key)).map(([, item]) => item);
    return respond(request, { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: String(this.#revision) }, items });
  }

  #watch(request: ApiRequest, collection: RegExp, from: number): ApiResponse {
    if (from < this.#compacted) throw new ApiError('Expired', `too old resource version: ${from} (${this.#compacted})`);
    return {
      status: 200, headers: {},
      body: request.wantsObjects
        ? { type: 'events', events: this.#events(request, collection, from) }
        : { type: 'stream', chunks: encode(this.#events(request, collection, from)) },
    };
  }

  async *#events(request: ApiRequest, collection: RegExp, from: number): AsyncIterable<readonly WireEvent[]> {
    let at = from;
    while (!request.signal.aborted) {
      const news = this.#history.filter((entry) => entry.revision > at && collection.test(entry.path));
      at = this.#revision;
      if (news.length > 0) yield news.map((entry) => entry.event);
      if (at !== this.#revision) continue;
      const woken = await new Promise<boolean>((resolve) => {
        this.#wakers.add(() => resolve(this.#revision > at));
        request.signal.addEventListener('abort', () => resolve(false), { once: true });
      });
      if (!woken) return;
    }
  }

  #write(path: string, object: object, type: 'ADDED' | 'MODIFIED' | 'DELETED'): AnyObject {
    const revision = ++this.#revision;
    const given = object as AnyObject;
    const metadata = {
      ...given.metadata,
      name: nameOf(path),
      uid: given.metadata?.uid ?? this.objects.get(path)?.metadata.uid ?? `uid-${revision}`,
      resourceVersion: String(revision),
    };
    const stored: AnyObject = { ...given, metadata };
    if (type === 'DELETED') this.objects.delete(path);
    else this.objects.set(path, stored);
    this.#history.push({ revision, path, event: { type, object: stored } });
    this.hangUp();
    return stored;
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const subject = (path: string) => ({ group: path.startsWith('/apis/') ? path.split('/')[2]! : '', plural: path.split('/').at(-2)! });
/** `/api/v1/[namespaces/x/]pods`, `/apis/g/v1/[namespaces/x/]things`. */
const isCollection = (path: string): boolean => (path.split('/').length - (path.startsWith('/apis/') ? 5 : 4)) % 2 === 0;

/** All paths of a collection, in one namespace or in every. */
function collectionOf(path: string): RegExp {
  const plural = nameOf(path);
  const root = path.slice(0, path.lastIndexOf('/'));
  return new RegExp(root.includes('/namespaces/') ? `^${root}/${plural}/[^/]+$` : `^${root}(/namespaces/[^/]+)?/${plural}/[^/]+$`);
}

interface Body {
  readonly metadata: { readonly name?: string; readonly generateName?: string; readonly resourceVersion?: string };
}

function bodyOf(request: ApiRequest): Body {
  if (request.body?.type === 'object') return request.body.object as Body;
  if (request.body?.type === 'bytes') return JSON.parse(new TextDecoder().decode(request.body.bytes)) as Body;
  return { metadata: {} };
}

function respond(request: ApiRequest, object: unknown, status = 200): ApiResponse {
  if (request.wantsObjects) return { status, headers: {}, body: { type: 'object', object } };
  return { status, headers: {}, body: { type: 'bytes', chunks: [new TextEncoder().encode(JSON.stringify(object))] } };
}

async function* encode(events: AsyncIterable<readonly WireEvent[]>): AsyncIterable<readonly Uint8Array[]> {
  const encoder = new TextEncoder();
  for await (const batch of events) yield batch.map((event) => encoder.encode(`${JSON.stringify(event)}\n`));
}

/** RFC 7386. */
function merge<T>(old: T, patch: object): T {
  const result = { ...old } as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (typeof value === 'object' && !Array.isArray(value)) result[key] = merge(result[key] ?? {}, value as object);
    else result[key] = value;
  }
  return result as T;
}
