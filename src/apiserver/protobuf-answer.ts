import { nextTurn } from '../base/clock.ts';
import { lengthPrefix, ProtobufWriter } from '../base/protobuf-writer.ts';
import { DOCUMENTS } from './discovery/shapes.ts';
import { listMeta, status } from '../kinds/meta/status.ts';
import type { Status } from '../meta/api-error.ts';
import type { ListMeta } from '../meta/object.ts';
import { apiVersionOf } from '../meta/resource.ts';
import { list, object } from '../schema/field.ts';
import { type Kind, listKindOf } from '../schema/kind.ts';
import type { ObjectNode, SchemaNode } from '../schema/node.ts';
import { objectMeta } from '../schema/object-meta.ts';
import { encodeMessage } from '../schema/protobuf/encode.ts';
import { wrap, wrapPieces } from '../schema/protobuf/envelope.ts';
import type { Version } from './watch-cache/version.ts';

/** `application/vnd.kubernetes.protobuf`: messages in runtime.Unknown's envelope. */

const META = 'apimachinery.pkg.apis.meta.v1';
const nodeOf = (field: { readonly node: SchemaNode }): ObjectNode => field.node as ObjectNode;
const partial = () => object(`${META}.PartialObjectMetadata`, { metadata: objectMeta().tag(1) });

/** What may be answered beside stored kinds. */
const SCHEMAS: Readonly<Record<string, ObjectNode>> = {
  ...DOCUMENTS,
  Status: nodeOf(status()),
  PartialObjectMetadata: nodeOf(partial()),
  PartialObjectMetadataList: nodeOf(object(`${META}.PartialObjectMetadataList`, { metadata: listMeta().tag(1), items: list(partial()).tag(2) })),
};

/** Whether all of a kind's fields have numbers. Custom resources' do not. */
export function hasProtobuf({ schema }: Kind): boolean {
  let known = numbered.get(schema);
  if (known === undefined) {
    known = Object.entries(schema.fields).every(([name, { tag }]) => name === 'apiVersion' || name === 'kind' || tag !== undefined);
    numbered.set(schema, known);
  }
  return known;
}

const numbered = new WeakMap<ObjectNode, boolean>();

export const statusBytes = (failure: Status): Uint8Array => wrap({ apiVersion: 'v1', kind: 'Status', raw: encodeMessage(SCHEMAS['Status']!, failure) });

/** Undefined for a kind that nobody has numbered. */
export function objectBytes(kinds: readonly Kind[], value: unknown): Uint8Array | undefined {
  const { apiVersion = '', kind = '' } = value as { readonly apiVersion?: string; readonly kind?: string };
  const schema = SCHEMAS[kind] ?? kinds.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion && hasProtobuf(one))?.schema;
  return schema && wrap({ apiVersion, kind, raw: encodeMessage(schema, value) });
}

export function versionBytes({ codec: { kind }, message }: Version): Uint8Array {
  return wrap({ apiVersion: apiVersionOf(kind), kind: kind.kind, raw: message });
}

/** Messages made anew before others get their turn. */
const AT_ONCE = 100;

/** A LIST around the messages of its items, in pieces: metadata = 1, items = 2. */
export async function pageChunks(kind: Kind, metadata: Partial<ListMeta>, versions: Iterable<Pick<Version, 'message'>>): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [new ProtobufWriter().bytes(1, encodeMessage(nodeOf(listMeta()), metadata)).finish()];
  let made = 0;
  for (const { message } of versions) {
    pieces.push(lengthPrefix(2, message.length), message);
    if (++made % AT_ONCE === 0) await nextTurn();
  }
  return wrapPieces({ apiVersion: apiVersionOf(kind), kind: listKindOf(kind) }, pieces);
}

/** A watch's frame: its length as four bytes, then metav1.WatchEvent {type = 1, object = 2 {raw = 1}}, the object in its envelope. */
export function eventFrame(type: string, bytes: Uint8Array): Uint8Array {
  const event = new ProtobufWriter().string(1, type).message(2, (inner) => inner.bytes(1, bytes)).finish();
  const frame = new Uint8Array(4 + event.length);
  new DataView(frame.buffer).setUint32(0, event.length);
  frame.set(event, 4);
  return frame;
}
