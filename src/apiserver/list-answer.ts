import { nextTurn } from '../base/clock.ts';
import type { AnyObject, ListMeta } from '../meta/object.ts';
import { apiVersionOf } from '../meta/resource.ts';
import { listKindOf } from '../schema/kind.ts';
import { encodeMessage } from '../schema/protobuf/encode.ts';
import type { ApiResponse } from '../wire/api.ts';
import { CONTENT_TYPES } from './negotiate.ts';
import { pageChunks } from './protobuf-answer.ts';
import type { Page } from './registry/list.ts';
import { answerData, mediaOf, requestView, type ResourceRequest, wantsPretty } from './resource-request.ts';
import { answer, answerBytes, headersOf, toJson } from './respond.ts';
import type { View } from './views.ts';
import { returnSlab, SLAB_BYTES, takeSlab } from './watch-cache/slabs.ts';
import type { Version } from './watch-cache/version.ts';

const encoder = new TextEncoder();
const LIST_END = encoder.encode(']}\n');
const FIRST_BYTES = 8 << 10;
/** Objects decoded or written anew before others get their turn. */
const AT_ONCE = 100;

/** A LIST is its head, the stored bytes, and its end; a long one leaves in pieces, between which others are served. */
export async function answerPage(at: ResourceRequest, page: Page): Promise<ApiResponse> {
  const { request } = at.exchange;
  const { kind } = at.served;
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.continue === '' ? {} : { continue: page.continue }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  const head = { kind: listKindOf(kind), apiVersion: apiVersionOf(kind), metadata };
  if (request.wantsObjects) return answer(request, 200, { ...head, items: await objectsOf(page.versions) });
  const media = mediaOf(at);
  const pretty = wantsPretty(at, media);
  const view = requestView(at, media);
  if (view) return answerView(at, { view, metadata, objects: await objectsOf(page.versions), asText: media.type === 'json' && !pretty });
  if (media.type === 'protobuf') return answerBytes(200, await pageChunks(kind, metadata, page.versions), headersOf(CONTENT_TYPES.protobuf));
  if (media.type !== 'json' || pretty) return answer(request, 200, { ...head, items: await objectsOf(page.versions) }, media);
  return answerPieces(slabs(encoder.encode(`${toJson(head, false).slice(0, -2)},"items":[`), page.versions));
}

async function objectsOf(versions: Iterable<Version>): Promise<readonly AnyObject[]> {
  const objects: AnyObject[] = [];
  for (const version of versions) {
    objects.push(version.object);
    if (objects.length % AT_ONCE === 0) await nextTurn();
  }
  return objects;
}

/** What fits into one piece has a length; the rest is a stream. */
function answerPieces(pieces: Generator<Uint8Array>): ApiResponse {
  const first = pieces.next();
  if (first.done) return answerBytes(200, []);
  const second = pieces.next();
  if (second.done) return answerBytes(200, [first.value]);
  return { status: 200, headers: headersOf(CONTENT_TYPES.json), body: { type: 'stream', chunks: byTurns([first.value, second.value], pieces), recycle: returnSlab } };
}

async function* byTurns(first: readonly Uint8Array[], rest: Iterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
  for (const piece of first) yield [piece];
  for (const piece of rest) {
    await nextTurn();
    yield [piece];
  }
}

/** The list's text, copied once from the stored bytes. */
function* slabs(head: Uint8Array, versions: Iterable<Version>): Generator<Uint8Array> {
  let slab = new Uint8Array(FIRST_BYTES);
  slab.set(head);
  let used = head.length;
  const room = (bytes: number): Uint8Array | undefined => {
    if (used + bytes <= slab.length) return undefined;
    const full = slab.length < SLAB_BYTES ? undefined : slab.subarray(0, used);
    const next = takeSlab(full ? bytes : used + bytes);
    if (!full) next.set(slab.subarray(0, used));
    slab = next;
    used = full ? 0 : used;
    return full;
  };
  let isFirst = true;
  for (const version of versions) {
    const full = room(version.servedLength);
    if (full) yield full;
    const start = used;
    used = version.serveInto(slab, used);
    if (isFirst) {
      slab.copyWithin(start, start + 1, used--); // no comma before the first
      isFirst = false;
    }
  }
  const full = room(LIST_END.length);
  if (full) yield full;
  slab.set(LIST_END, used);
  yield slab.subarray(0, used + LIST_END.length);
}

interface Viewed {
  readonly view: View;
  readonly metadata: Partial<ListMeta>;
  readonly objects: readonly AnyObject[];
  /** As compact JSON. */
  readonly asText: boolean;
}

/** A view of many objects is written in pieces; each is a small view whose rows are taken. */
function answerView(at: ResourceRequest, { view, metadata, objects, asText }: Viewed): ApiResponse {
  if (!asText || objects.length <= AT_ONCE) return answerData(at, 200, view.many(objects, metadata));
  return answerPieces(viewPieces({ view, metadata, objects }));
}

function* viewPieces({ view, metadata, objects }: Omit<Viewed, 'asText'>): Generator<Uint8Array> {
  for (let from = 0; from < objects.length; from += AT_ONCE) {
    const { rows, items, ...head } = view.many(objects.slice(from, from + AT_ONCE), metadata) as { readonly rows?: readonly unknown[]; readonly items?: readonly unknown[] };
    const text = JSON.stringify(rows ?? items).slice(1, -1);
    yield encoder.encode(from === 0 ? `${JSON.stringify(head).slice(0, -1)},${rows ? '"rows"' : '"items"'}:[${text}` : `,${text}`);
  }
  yield LIST_END;
}

/** A list of objects that are stored nowhere. */
export async function answerObjects(at: ResourceRequest, objects: readonly AnyObject[]): Promise<ApiResponse> {
  const { kind } = at.served;
  const media = mediaOf(at);
  const view = at.exchange.request.wantsObjects ? undefined : requestView(at, media);
  if (view) return answerData(at, 200, view.many(objects, {}));
  if (media.type === 'protobuf') {
    return answerBytes(200, await pageChunks(kind, {}, objects.map((object) => ({ message: encodeMessage(kind.schema, object) }))), headersOf(CONTENT_TYPES.protobuf));
  }
  return answerData(at, 200, { kind: listKindOf(kind), apiVersion: apiVersionOf(kind), metadata: {}, items: objects });
}
