import { nextTurn } from '../../base/clock.ts';
import type { Dialect } from '../../schema/openapi/definitions.ts';
import { headOf, type Piece, SECURITY } from '../../schema/openapi/documents.ts';
import { encodeEntry, encodeOpenApiV2 } from '../../wire/openapi-v2-proto.ts';

/** A whole document is a third of a second's work; it is done in slices of about a millisecond, so that nobody waits for it. */
const SLICE_CHARS = 32 * 1024;
const encoder = new TextEncoder();

export async function writeJson(pieces: Iterable<Piece>, dialect: Dialect, version: string): Promise<Uint8Array> {
  const entries = await collect(pieces, ({ name, value }) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const { paths, definitions, parameters } = entries;
  const open = JSON.stringify(headOf(dialect, version)).slice(0, -1);
  const security = JSON.stringify(SECURITY);
  const text = dialect === 'v2'
    ? [open, `,"paths":{${paths}},"definitions":{${definitions}},"parameters":{${parameters}},"securityDefinitions":${security},"security":[{"BearerToken":[]}]}\n`]
    : [open, `,"paths":{${paths}},"components":{"schemas":{${definitions}},"securitySchemes":${security}}}\n`];
  return encoder.encode(text.join(''));
}

/** Of `/openapi/v2` alone. */
export async function writeProtobuf(pieces: Iterable<Piece>, version: string): Promise<Uint8Array> {
  const { paths, definitions, parameters } = await collect(pieces, ({ section, name, value }) => encodeEntry(section, name, value));
  return encodeOpenApiV2({ ...headOf('v2', version), securityDefinitions: SECURITY, security: [{ BearerToken: [] }] }, { paths, definitions, parameters });
}

/** Each section's entries in order of name, written slice by slice. */
async function collect<T extends { readonly length: number }>(pieces: Iterable<Piece>, write: (piece: Piece) => T): Promise<Readonly<Record<Piece['section'], readonly T[]>>> {
  const sections: Record<Piece['section'], { readonly name: string; readonly entry: T }[]> = { paths: [], definitions: [], parameters: [] };
  let written = 0;
  for (const piece of pieces) {
    const entry = write(piece);
    sections[piece.section].push({ name: piece.name, entry });
    written += entry.length;
    if (written < SLICE_CHARS) continue;
    written = 0;
    await nextTurn();
  }
  const sorted = (section: Piece['section']) => sections[section].toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ entry }) => entry);
  return { paths: sorted('paths'), definitions: sorted('definitions'), parameters: sorted('parameters') };
}
