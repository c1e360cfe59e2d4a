import { octets, spells } from './octets.ts';

/** The fields that somebody between client and server looks at. Their numbers are places in this list; 0 is any other. */
const KNOWN = [
  '', 'host', 'content-length', 'transfer-encoding', 'connection', 'expect', 'upgrade',
  'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'http2-settings',
  'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-real-ip',
] as const;
export type KnownField = (typeof KNOWN)[number];

const [, HOST_FIELD, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, EXPECT, UPGRADE, KEEP_ALIVE] = KNOWN.keys();
/** As constants of the hot path. */
export const FIELD = {
  host: HOST_FIELD!, contentLength: CONTENT_LENGTH!, transferEncoding: TRANSFER_ENCODING!, connection: CONNECTION!, expect: EXPECT!, upgrade: UPGRADE!, keepAlive: KEEP_ALIVE!,
};

const BY_LENGTH: readonly (readonly { readonly name: Uint8Array; readonly id: number }[])[] = Array.from({ length: 1 + Math.max(...KNOWN.map(({ length }) => length)) }, (_, length) =>
  KNOWN.flatMap((name, id) => (id > 0 && name.length === length ? [{ name: octets(name), id }] : [])));

/** The number of the field that is named there. */
export function fieldAt(bytes: Uint8Array, from: number, to: number): number {
  const candidates = BY_LENGTH[to - from];
  if (candidates === undefined) return 0;
  for (const { name, id } of candidates) if (spells(name, bytes, from)) return id;
  return 0;
}

/** For each number whether its field is among `names`. */
export function fieldTable(...names: readonly KnownField[]): Uint8Array {
  return Uint8Array.from(KNOWN, (name) => Number(name !== '' && names.includes(name)));
}
