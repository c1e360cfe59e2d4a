import { nextTurn } from '../../base/clock.ts';
import type { Dialect } from '../../schema/openapi/definitions.ts';
import { headOf, type Piece, SECURITY } from '../../schema/openapi/documents.ts';
import { encodeEntry, encodeOpenApiV2 } from '../../wire/openapi-v2-proto.ts';

/** A whole document is a third of a second's work; it is done in slices of about a millisecond, so that nobody waits for it. */
const SLICE_CHARS = 32 * 1024;
/** What it takes to look up an entry, as so many characters written. */
const AT_HAND = 128;
const encoder = new TextEncoder();

/** Entries by what they were made from, in one form: of a new document most are those of the last. */
export type Entries = WeakMap<object, Map<string, Uint8Array>>;

export async function writeJson(pieces: Iterable<Piece>, { dialect, version, entries = new WeakMap() }: { readonly dialect: Dialect; readonly version: string; readonly entries?: Entries }): Promise<readonly Uint8Array[]> {
  // With a comma in front, which the first does without.
  const { paths, definitions, parameters } = await collect(pieces, entries, ({ name, value }) => encoder.encode(`,${JSON.stringify(name)}:${JSON.stringify(value)}`));
  const list = (all: readonly Uint8Array[]) => all.map((entry, at) => (at === 0 ? entry.subarray(1) : entry));
  const text = (part: string): Uint8Array => encoder.encode(part);
  const open = JSON.stringify(headOf(dialect, version)).slice(0, -1);
  const security = JSON.stringify(SECURITY);
  if (dialect === 'v3') {
    return [text(`${open},"paths":{`), ...list(paths), text('},"components":{"schemas":{'), ...list(definitions), text(`},"securitySchemes":${security}}}\n`)];
  }
  const end = `},"securityDefinitions":${security},"security":[{"BearerToken":[]}]}\n`;
  return [text(`${open},"paths":{`), ...list(paths), text('},"definitions":{'), ...list(definitions), text('},"parameters":{'), ...list(parameters), text(end)];
}

/** Of `/openapi/v2` alone. */
export async function writeProtobuf(pieces: Iterable<Piece>, version: string, entries: Entries): Promise<readonly Uint8Array[]> {
  const { paths, definitions, parameters } = await collect(pieces, entries, ({ section, name, value }) => encodeEntry(section, name, value));
  return [encodeOpenApiV2({ ...headOf('v2', version), securityDefinitions: SECURITY, security: [{ BearerToken: [] }] }, { paths, definitions, parameters })];
}

/** Each section's entries in order of name, written slice by slice. */
async function collect(pieces: Iterable<Piece>, known: Entries, write: (piece: Piece) => Uint8Array): Promise<Readonly<Record<Piece['section'], readonly Uint8Array[]>>> {
  const sections: Record<Piece['section'], { readonly name: string; readonly entry: Uint8Array }[]> = { paths: [], definitions: [], parameters: [] };
  let work = 0;
  for (const piece of pieces) {
    const id = `${piece.section} ${piece.name}`;
    const before = piece.from && known.get(piece.from)?.get(id);
    const entry = before ?? write(piece);
    if (piece.from && !before) known.set(piece.from, (known.get(piece.from) ?? new Map<string, Uint8Array>()).set(id, entry));
    sections[piece.section].push({ name: piece.name, entry });
    work += before ? AT_HAND : entry.length;
    if (work < SLICE_CHARS) continue;
    work = 0;
    await nextTurn();
  }
  const sorted = (section: Piece['section']) => sections[section].toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ entry }) => entry);
  return { paths: sorted('paths'), definitions: sorted('definitions'), parameters: sorted('parameters') };
}
