import type { Field } from './hpack-table.ts';

export interface RequestHead {
  readonly method: string;
  /** As sent: path and query. */
  readonly path: string;
  /** `host` is the authority; no pseudo-headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body's length where it was told. */
  readonly length: number | undefined;
}

/** Of one connection alone, and so not allowed in HTTP/2 (RFC 9113, 8.2.2). */
export const CONNECTION_HEADERS: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

/** Where more than one is a contradiction, not a list: two servers could each believe another one. */
const SINGLE = new Set(['host', 'content-length', 'content-type', 'authorization']);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** No control characters but the tab, and no space around it (RFC 9113, 8.2.1; RFC 9110, 5.5). */
const VALUE = /^(?![ \t])[\t\x20-\x7e\x80-\xff]*(?<![ \t])$/;
const PATH = /^(?:\/[\x21-\x7e\x80-\xff]*|\*)$/;
const AUTHORITY = /^[\x21-\x7e]*$/;
const DIGITS = /^\d{1,15}$/;

/** Fields found good before: those that a connection's table holds come again and again. */
const sound = new WeakSet<Field>();

function isSound(field: Field): boolean {
  if (sound.has(field)) return true;
  const { name, value } = field;
  if (!NAME.test(name) || !VALUE.test(value) || CONNECTION_HEADERS.has(name) || (name === 'te' && value !== 'trailers')) return false;
  sound.add(field);
  return true;
}

interface Pseudo {
  ':method'?: string;
  ':path'?: string;
  ':scheme'?: string;
  ':authority'?: string;
}

/** The request that a list of fields makes, or undefined where it is malformed (RFC 9113, 8.1.1). */
export function requestHead(fields: readonly Field[]): RequestHead | undefined {
  const pseudo: Pseudo = {};
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  let regular = false;
  for (const field of fields) {
    const { name, value } = field;
    if (name.charCodeAt(0) === 58) {
      if (regular || !isPseudo(name) || pseudo[name] !== undefined) return undefined;
      pseudo[name] = value;
    } else {
      regular = true;
      if (!isSound(field) || !addTo(headers, name, value)) return undefined;
    }
  }
  return headOf(pseudo, headers);
}

/** Fields behind the body are looked at, and forgotten. */
export const areTrailers = (fields: readonly Field[]): boolean => fields.every(isSound);

const isPseudo = (name: string): name is keyof Pseudo => name === ':method' || name === ':path' || name === ':scheme' || name === ':authority';

/** False where the header must not come twice. */
function addTo(headers: Record<string, string>, name: string, value: string): boolean {
  const before = headers[name];
  if (before === undefined) headers[name] = value;
  else if (SINGLE.has(name)) return false;
  else headers[name] = `${before}${separatorOf(name)}${value}`;
  return true;
}

/** RFC 9113, 8.2.3. Names of groups that a front proxy tells may have commas. */
function separatorOf(name: string): string {
  if (name === 'cookie') return '; ';
  return name === 'set-cookie' || name.startsWith('x-remote-') ? '\n' : ', ';
}

function headOf(pseudo: Pseudo, headers: Record<string, string>): RequestHead | undefined {
  const { ':method': method, ':path': path, ':scheme': scheme, ':authority': authority } = pseudo;
  if (method === undefined || !TOKEN.test(method)) return undefined;
  if (method === 'CONNECT') {
    // It names neither (RFC 9113, 8.5); the handler has an answer for it.
    if (scheme !== undefined || path !== undefined || authority === undefined) return undefined;
  } else {
    if (scheme === undefined || !TOKEN.test(scheme) || path === undefined || !PATH.test(path)) return undefined;
    if (path === '*' && method !== 'OPTIONS') return undefined;
  }
  if (authority !== undefined) {
    // Two names for whom the request is meant (RFC 9113, 8.3.1).
    if (!AUTHORITY.test(authority) || (headers['host'] ?? authority) !== authority) return undefined;
    headers['host'] = authority;
  }
  const length = headers['content-length'];
  if (length !== undefined && !DIGITS.test(length)) return undefined;
  return { method, path: path ?? '/', headers, length: length === undefined ? undefined : Number(length) };
}
