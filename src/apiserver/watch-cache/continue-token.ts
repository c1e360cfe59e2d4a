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

/** @throws ApiError BadRequest in upstream's words */
export function decodeContinue(text: string): ContinueToken {
  const refuse = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  let parsed: unknown;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
    parsed = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw refuse(error instanceof SyntaxError ? error.message : 'illegal base64 data at input byte 0');
  }
  if (typeof parsed !== 'object' || parsed === null) throw refuse(`json: cannot unmarshal ${typeof parsed} into Go value of type storage.continueToken`);
  const { v, rv, start } = parsed as { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown };
  if (v !== 'meta.k8s.io/v1') throw refuse(`server does not recognize this encoded version ${typeof v === 'string' ? v : ''}`);
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0) throw refuse('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '') throw refuse('encoded start key empty (version meta.k8s.io/v1)');
  if (!isClean(start)) throw refuse(start);
  return { revision: rv, start: start.startsWith('/') ? start.slice(1) : start };
}

/** A key that does not lead out of where it is appended. */
function isClean(start: string): boolean {
  const steps = (start.startsWith('/') ? start.slice(1) : start).split('/');
  return steps.every((step) => step !== '' && step !== '.' && step !== '..');
}
