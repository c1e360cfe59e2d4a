import { MalformedProtobuf, readFields } from '../../base/protobuf-reader.ts';
import { lengthPrefix, ProtobufWriter } from '../../base/protobuf-writer.ts';

/** What stands before every object: `k8s` and a zero byte, then runtime.Unknown {typeMeta = 1, raw = 2, …}. */
const MAGIC = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object's own message. */
  readonly raw: Uint8Array;
}

export const isEnvelope = (bytes: Uint8Array): boolean => MAGIC.every((byte, at) => bytes[at] === byte);

/** Behind `raw`: neither an encoding nor a type of the content. */
const TAIL = Uint8Array.of(0x1a, 0, 0x22, 0);

/** An object's message with what it is, as `application/vnd.kubernetes.protobuf` has it. */
export function wrap({ raw, ...type }: Envelope): Uint8Array {
  const [head, , tail] = wrapPieces(type, [raw]);
  const out = new Uint8Array(head!.length + raw.length + tail!.length);
  out.set(head!);
  out.set(raw, head!.length);
  out.set(tail!, head!.length + raw.length);
  return out;
}

/** As `wrap`, of a message that is in pieces. */
export function wrapPieces({ apiVersion, kind }: Omit<Envelope, 'raw'>, pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const typeMeta = new ProtobufWriter().message(1, (inner) => inner.string(1, apiVersion).string(2, kind)).finish();
  const prefix = lengthPrefix(2, pieces.reduce((sum, { length }) => sum + length, 0));
  const head = new Uint8Array(MAGIC.length + typeMeta.length + prefix.length);
  head.set(MAGIC);
  head.set(typeMeta, MAGIC.length);
  head.set(prefix, MAGIC.length + typeMeta.length);
  return [head, ...pieces, TAIL];
}

/** @throws MalformedProtobuf */
export function unwrap(bytes: Uint8Array): Envelope {
  if (!isEnvelope(bytes)) throw new MalformedProtobuf('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  let [apiVersion, kind, raw] = ['', '', new Uint8Array()];
  const text = new TextDecoder();
  for (const wire of readFields(bytes.subarray(MAGIC.length))) {
    if (wire.type !== 'bytes') continue;
    if (wire.number === 2) raw = new Uint8Array(wire.value);
    if (wire.number !== 1) continue;
    for (const field of readFields(wire.value)) {
      if (field.type !== 'bytes') continue;
      if (field.number === 1) apiVersion = text.decode(field.value);
      else if (field.number === 2) kind = text.decode(field.value);
    }
  }
  return { apiVersion, kind, raw };
}
