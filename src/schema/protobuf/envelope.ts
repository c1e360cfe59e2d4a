import { MalformedProtobuf, readFields } from '../../base/protobuf-reader.ts';
import { ProtobufWriter } from '../../base/protobuf-writer.ts';

/** What stands before every object: `k8s` and a zero byte, then runtime.Unknown {typeMeta = 1, raw = 2, …}. */
const MAGIC = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object's own message. */
  readonly raw: Uint8Array;
}

export const isEnvelope = (bytes: Uint8Array): boolean => MAGIC.every((byte, at) => bytes[at] === byte);

/** An object's message with what it is, as `application/vnd.kubernetes.protobuf` has it. */
export function wrap({ apiVersion, kind, raw }: Envelope): Uint8Array {
  const unknown = new ProtobufWriter()
    .message(1, (typeMeta) => typeMeta.string(1, apiVersion).string(2, kind))
    .bytes(2, raw)
    .string(3, '')
    .string(4, '')
    .finish();
  const out = new Uint8Array(MAGIC.length + unknown.length);
  out.set(MAGIC);
  out.set(unknown, MAGIC.length);
  return out;
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
