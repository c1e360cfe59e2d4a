import { onAbort } from '../../base/abort.ts';
import { nextTurn } from '../../base/clock.ts';
import { ApiError } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import type { ApiRequest, ApiResponse, WireEvent } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import { CONTENT_TYPES, type Media } from '../negotiate.ts';
import { eventFrame, objectBytes, versionBytes } from '../protobuf-answer.ts';
import { type ListQuery, parseResourceVersion } from '../query.ts';
import type { Served } from '../resources.ts';
import { type Match, selection } from '../selectors.ts';
import type { View } from '../views.ts';
import { Delivery, type Live } from './delivery.ts';
import { tooLarge } from './list.ts';
import { readable } from './remote.ts';
import { frameOf, Frames, jsonFrame, stateFrames } from '../watch-cache/frames.ts';
import { returnSlab } from '../watch-cache/slabs.ts';
import type { Version } from '../watch-cache/version.ts';
import { type WatchedEvent, Watcher } from '../watch-cache/watcher.ts';

/** Without `timeoutSeconds` a watch lasts half an hour to an hour, so that not all end at once. */
const MIN_TIMEOUT = 1_800_000;
const BOOKMARK_EVERY = 60_000;
/** One more comes shortly before the time is up, so that the next watch begins late. */
const BOOKMARK_BEFORE_END = 2_000;
/** Objects of the first state handed over, or passed over, before others get their turn. */
const BATCH = 100;

export interface WatchRequest {
  readonly core: Core;
  readonly request: ApiRequest;
  readonly served: Served;
  readonly namespace: string;
  readonly query: ListQuery;
  readonly media: Media;
  readonly view: View | undefined;
}

/** What one watch is about to send: what there is, then what happens. */
interface Feed {
  readonly first: AsyncGenerator<Batch>;
  /** Absent: nothing follows. */
  readonly live?: Live<Extra>;
}
type Extra = Bookmark | Failure;
type Batch = State | readonly (WatchedEvent | Extra)[];
/** Some of what was there when the watch began. */
interface State {
  readonly state: readonly Version[];
}
interface Bookmark {
  readonly type: 'BOOKMARK';
  readonly revision: number;
  readonly initialEnd: boolean;
}
interface Failure {
  readonly type: 'ERROR';
  readonly error: ApiError;
}

/** Registers the watch before it answers, so that nothing falls between. */
export async function watch(at: WatchRequest): Promise<ApiResponse> {
  const { core, request, served, namespace, query } = at;
  const asked = query.resourceVersion === '' ? 0 : parseResourceVersion(query.resourceVersion);
  const match = selection(served.kind, { namespace, labels: query.labelSelector, fields: query.fieldSelector });
  if (query.resourceVersion === '') await core.hub.fresh();
  const isThere = query.sendInitialEvents !== true || await core.hub.reach(asked);
  if (served.codec.isRemote) await readable(served, () => (query.sendInitialEvents === true || asked === 0 ? served.cache.list(namespace) : (served.cache.since(asked) ?? []).flatMap(({ version, previous }) => [version, previous])));
  const feed = isThere ? open(at, asked, match) : fail(tooLarge(asked, core.hub.revision));
  if (request.wantsObjects) return { status: 200, headers: {}, body: { type: 'events', events: asObjects(at, feed) } };
  return {
    status: 200,
    headers: { 'cache-control': 'no-cache, private', 'content-type': `${CONTENT_TYPES[at.media.type]}${at.media.type === 'json' ? '' : ';stream=watch'}` },
    body: { type: 'stream', chunks: asFrames(at, feed), recycle: returnSlab },
  };
}

function open(at: WatchRequest, asked: number, match: Match): Feed {
  const { core, served: { cache }, namespace, query } = at;
  const fromState = query.sendInitialEvents === true;
  const past = fromState || asked === 0 ? [] : cache.since(asked);
  if (!past) return fail(tooOld(asked, cache.oldest));
  const watcher = new Watcher(match, fromState || asked === 0 ? core.hub.revision : asked);
  const initial = fromState ? cache.list(namespace) : [];
  for (const event of past) watcher.offer(event);
  return run(at, { watcher, initial, match, initialEnd: fromState && query.allowWatchBookmarks ? core.hub.revision : undefined });
}

const fail = (error: ApiError): Feed => ({ first: once([{ type: 'ERROR', error }]) });

async function* once(batch: Batch): AsyncGenerator<Batch> {
  yield batch;
}

const tooOld = (asked: number, oldest: number): ApiError => new ApiError('Expired', `too old resource version: ${asked} (${oldest})`);

interface Running {
  readonly watcher: Watcher;
  /** Before selection. */
  readonly initial: Iterable<Version>;
  readonly match: Match;
  /** The revision of the initial state, where its end is to be told. */
  readonly initialEnd: number | undefined;
}

/** Starts listening at once; the rest is delivered when asked for. */
function run(at: WatchRequest, { watcher, initial, match, initialEnd }: Running): Feed {
  const { core, served, request, query } = at;
  const registration = served.cache.addWatcher(watcher);
  const timeout = query.timeoutSeconds ? query.timeoutSeconds * 1000 : MIN_TIMEOUT * (1 + core.random.next());
  const timer = core.clock.after(timeout, () => watcher.end());
  const farewell = core.clock.now() + timeout - BOOKMARK_BEFORE_END;
  let bookmarkDue = false;
  const nudge = (): Disposable => core.clock.after(nextBookmark(core.clock.now(), farewell), () => {
    bookmarkDue = true;
    watcher.interrupt();
  });
  let bookmarks = query.allowWatchBookmarks ? nudge() : undefined;
  const end = () => {
    registration[Symbol.dispose]();
    timer[Symbol.dispose]();
    bookmarks?.[Symbol.dispose]();
    watcher.end();
    request.signal.removeEventListener('abort', end);
    stopping[Symbol.dispose]();
  };
  request.signal.addEventListener('abort', end, { once: true });
  const stopping = onAbort(core.stopping, () => watcher.end());
  if (request.signal.aborted) end();

  // Only who has been sent everything may begin anew from here.
  const between = (): Extra | undefined => {
    if (!bookmarkDue || !watcher.isIdle) return undefined;
    bookmarkDue = false;
    bookmarks = nudge();
    return { type: 'BOOKMARK', revision: core.hub.revision, initialEnd: false };
  };
  const last = (): Extra | undefined =>
    (watcher.lagged ? { type: 'ERROR', error: new ApiError('Expired', 'the watch fell too far behind and was cut off') } : undefined);
  return { first: firstState(initial, match, initialEnd), live: { watcher, between, last, end } };
}

const nextBookmark = (now: number, farewell: number): number =>
  (farewell > now && farewell - now < BOOKMARK_EVERY ? farewell - now : BOOKMARK_EVERY);

/** In pieces, so that nobody waits for all of it. */
async function* firstState(versions: Iterable<Version>, match: Match, initialEnd: number | undefined): AsyncGenerator<Batch> {
  let state: Version[] = [];
  let looked = 0;
  for (const version of versions) {
    if (match(version)) state.push(version);
    if (++looked % BATCH > 0) continue;
    if (state.length > 0) yield { state };
    state = [];
    await nextTurn();
  }
  if (state.length > 0) yield { state };
  if (initialEnd !== undefined) yield [{ type: 'BOOKMARK', revision: initialEnd, initialEnd: true }];
}

const eventsOf = (batch: Batch): readonly (WatchedEvent | Extra)[] =>
  ('state' in batch ? batch.state.map((version) => ({ type: 'ADDED' as const, version })) : batch);

function asObjects({ served }: WatchRequest, { first, live }: Feed): Delivery<readonly WireEvent[], Extra> {
  const encode = (batch: Batch): readonly WireEvent[] => eventsOf(batch).map((event) => {
    if (event.type === 'BOOKMARK') return { type: 'BOOKMARK', object: bookmarkObject(served, event) };
    if (event.type === 'ERROR') return { type: 'ERROR', object: event.error.toStatus() };
    return { type: event.type, object: event.version.object };
  });
  return new Delivery({ first: mapped(first, (batch) => [encode(batch)]), live, encode });
}

async function* mapped<T>(batches: AsyncGenerator<Batch>, encode: (batch: Batch) => Iterable<T>): AsyncGenerator<T> {
  for await (const batch of batches) yield* encode(batch);
}

/** Frames shared by every watch of a server, by its core. */
const sharedFrames = new WeakMap<Core, { readonly json: Frames; readonly protobuf: Frames }>();

function framesOf({ core, media }: WatchRequest): Frames {
  let shared = sharedFrames.get(core);
  if (!shared) {
    shared = { json: new Frames(jsonFrame), protobuf: new Frames(({ type, version }) => eventFrame(type, versionBytes(version))) };
    sharedFrames.set(core, shared);
  }
  return media.type === 'protobuf' ? shared.protobuf : shared.json;
}

/** A frame of what is not stored in this form. */
function singleFrame({ core, media }: WatchRequest, type: string, object: unknown): Uint8Array {
  if (media.type !== 'protobuf') return frameOf(type, object);
  return eventFrame(type, objectBytes(core.resources.kinds(), object) ?? new Uint8Array());
}

function asFrames(at: WatchRequest, { first, live }: Feed): Delivery<readonly Uint8Array[], Extra> {
  const { served, view, media } = at;
  const frames = framesOf(at);
  const tally = at.core.metrics.watchTally(served.kind);
  const frame = (event: WatchedEvent | Extra): Uint8Array => {
    if (event.type === 'BOOKMARK') return singleFrame(at, 'BOOKMARK', view ? view.one(bookmarkObject(served, event)) : bookmarkObject(served, event));
    if (event.type === 'ERROR') return singleFrame(at, 'ERROR', event.error.toStatus());
    return view ? singleFrame(at, event.type, view.one(event.version.object)) : frames.of(event);
  };
  const encode = (batch: Batch): readonly Uint8Array[] => {
    const sent = eventsOf(batch).map(frame);
    tally.sent(sent);
    return sent;
  };
  const inSlabs = function* ({ state }: State): Generator<readonly Uint8Array[]> {
    for (const slab of stateFrames(state, (sent) => tally.sent([sent]))) yield [slab];
  };
  const begin = (batch: Batch): Iterable<readonly Uint8Array[]> => ('state' in batch && !view && media.type === 'json' ? inSlabs(batch) : [encode(batch)]);
  return new Delivery({ first: mapped(first, begin), live, encode });
}

function bookmarkObject({ kind }: Served, { revision, initialEnd }: Bookmark): AnyObject {
  const annotations = initialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  return {
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    metadata: { resourceVersion: String(revision), creationTimestamp: null, ...annotations },
  } as unknown as AnyObject;
}
