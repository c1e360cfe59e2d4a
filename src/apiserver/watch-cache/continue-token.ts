import { badRequest } from '../../meta/api-error.ts';

/** Where a paged LIST goes on: upstream's own format, base64url of JSON. */
export interface ContinueToken {
  /** The snapshot's revision; -1 for the latest (after an expired token). */
  readonly revision: number;
  /** The key below the resource's prefix (and namespace) to start at. */
  readonly start: string;
}

export function encodeContinue({ revision, start }: ContinueToken): string {
  const json = JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${start}\u0000` });
  return btoa(String.fromCharCode(...new TextEncoder().encode(json))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function decodeContinue(text: string): ContinueToken {
  const refuse = (why: string) => badRequest(`continue key is not valid: ${why}`);
  let parsed: unknown;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
    parsed = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw refuse('illegal base64 data or JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw refuse('not an object');
  const { v, rv, start } = parsed as { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown };
  if (v !== 'meta.k8s.io/v1') throw refuse(`server does not recognize this encoded version ${JSON.stringify(v)}`);
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0) throw refuse('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '' || start.includes('..')) throw refuse('encoded start key empty (version meta.k8s.io/v1)');
  return { revision: rv, start };
}
