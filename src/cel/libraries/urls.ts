import { quote } from '../../meta/field-error.ts';
import type { Library } from '../signature.ts';
import { opaque } from '../types.ts';
import { CelObject, EvaluationError, mapOfEntries } from '../values.ts';

const TYPE = opaque('kubernetes.URL');

interface Parts {
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

class UrlValue extends CelObject {
  readonly type = TYPE;
  readonly parts: Parts;
  constructor(parts: Parts) {
    super();
    this.parts = parts;
  }
  override equals(other: unknown): boolean {
    return other instanceof UrlValue && other.parts.text === this.parts.text;
  }
}

const SHAPE = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^/?#@]*)@)?((?:\[[^\]/?#]*\]|[^/?#[\]:]*)(?::[^/?#]*)?)(?=[/?]|$))?([^?]*)(?:\?([^]*))?$/;

/** What Go's ParseRequestURI makes of it: an absolute URL, or an absolute path; or why not. */
function parse(text: string): Parts | string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\x00-\x1f\x7f]/.test(text)) return 'net/url: invalid control character in URL';
  if (text === '') return 'empty url';
  const match = SHAPE.exec(text);
  if (!match) return 'invalid URI for request';
  const [, scheme = '', , host = '', path = '', query = ''] = match;
  if (text.startsWith(':')) return 'missing protocol scheme';
  if (scheme === '' && !text.startsWith('/')) return 'invalid URI for request';
  const port = /:([^\]]*)$/.exec(host)?.[1];
  if (port !== undefined && !/^\d*$/.test(port)) return `invalid port ${quote(`:${port}`)} after host`;
  if (/[ <>"`]/.test(host)) return `invalid character ${quote(/[ <>"`]/.exec(host)![0])} in host name`;
  const broken = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(path);
  if (broken) return `invalid URL escape ${quote(broken[0])}`;
  return { text, scheme: scheme.toLowerCase(), host, path, query };
}

function url(text: string): UrlValue {
  const parts = parse(text);
  if (typeof parts === 'string') throw new EvaluationError(`URL parse error during conversion from string: parse ${quote(text)}: ${parts}`);
  return new UrlValue(parts);
}

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
};

function queryOf({ parts: { query } }: UrlValue): unknown {
  const values = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const at = pair.indexOf('=');
    const key = decoded(at < 0 ? pair : pair.slice(0, at));
    const value = decoded(at < 0 ? '' : pair.slice(at + 1));
    if (key !== undefined && value !== undefined) values.set(key, [...(values.get(key) ?? []), value]);
  }
  return mapOfEntries([...values]);
}

export const urls: Library = {
  'url(string): kubernetes.URL': url,
  'isURL(string): bool': (text: string) => typeof parse(text) !== 'string',
  'kubernetes.URL.getScheme(): string': ({ parts }: UrlValue) => parts.scheme,
  'kubernetes.URL.getHost(): string': ({ parts }: UrlValue) => parts.host,
  'kubernetes.URL.getHostname(): string': ({ parts: { host } }: UrlValue) => host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1'),
  'kubernetes.URL.getPort(): string': ({ parts: { host } }: UrlValue) => /:(\d*)$/.exec(host)?.[1] ?? '',
  'kubernetes.URL.getEscapedPath(): string': ({ parts }: UrlValue) => escapedPath(parts.path),
  'kubernetes.URL.getQuery(): map<string, list<string>>': queryOf,
};

/** The path as Go escapes it: what is escaped stays so. */
const escapedPath = (path: string): string => encodeURI(path).replaceAll(/%25(?=[0-9a-fA-F]{2})/g, '%');
