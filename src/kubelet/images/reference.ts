/** Image references (github.com/distribution/reference): `[host[:port]/]path[:tag][@digest]`. */

const DOMAIN = /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?$|^\[[0-9a-fA-F:]+\](?::[0-9]+)?$/;
const PATH = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const IMAGE_ID = /^[a-f0-9]{64}$/;
const MOST_NAME_CHARS = 255;

export interface ImageReference {
  /** `docker.io` where none is written. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** @throws Error with upstream's text */
export function parseImageReference(text: string): ImageReference {
  if (IMAGE_ID.test(text)) throw new Error(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const [named = '', digest] = cut(text, text.indexOf('@'));
  if (digest !== undefined && !DIGEST.test(digest)) throw new Error('invalid reference format');
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const hasHost = first !== '' && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  const rest = hasHost ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const [path = '', tag] = cut(rest, colon > rest.lastIndexOf('/') ? colon : -1);
  if (path !== path.toLowerCase()) throw new Error(`invalid reference format: repository name (${hasHost || path.includes('/') ? path : `library/${path}`}) must be lowercase`);
  if (!PATH.test(path) || (hasHost && !DOMAIN.test(first)) || (tag !== undefined && !TAG.test(tag))) throw new Error('invalid reference format');
  if (path.length > MOST_NAME_CHARS) throw new Error(`repository name must not be more than ${MOST_NAME_CHARS} characters`);
  return {
    registry: hasHost ? first : 'docker.io',
    repository: hasHost || path.includes('/') ? path : `library/${path}`,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

const cut = (text: string, at: number): [string, string | undefined] => (at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]);

/** The reference with `:latest` where it has neither tag nor digest; otherwise as written. @throws Error */
export function withDefaultTag(image: string): string {
  const { tag, digest } = parseImageReference(image);
  return tag === undefined && digest === undefined ? `${image}:latest` : image;
}
