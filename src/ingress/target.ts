import type { Action, Asked } from './action.ts';
import { changedPath } from './action.ts';

/** What a request's target means, where that is not what it says. */
export interface PlainTarget {
  readonly path: string;
  /** Of a target in absolute form, which counts before the Host header (RFC 9112, section 3.2.2). */
  readonly host?: string;
}

const ABSOLUTE = /^https?:\/\/([^/?#]+)/i;
const SUSPECT = /\/(?:\.|%2e)|%2f|%5c|\\/i;
/** Two dots between what some server takes for slashes, though a URL does not. */
const DISGUISED = /(?:\/|%2f|%5c|\\)(?:\.|%2e){2}(?:\/|%2f|%5c|\\|$)/i;

/**
 * The path without `.` and `..` in it, so that no rule is left by them: a backend would resolve them behind the rule's back
 * (RFC 3986, section 5.2.4). Undefined where it is plain already, 'bad' where nobody can say what a backend would make of it.
 */
export function plainTarget(path: string): PlainTarget | 'bad' | undefined {
  const absolute = path.startsWith('/') ? undefined : ABSOLUTE.exec(path);
  const own = absolute ? path.slice(absolute[0].length) || '/' : path;
  if (!SUSPECT.test(own)) return absolute ? { path: own, host: absolute[1]! } : undefined;
  const plain = withoutDots(own);
  if (DISGUISED.test(plain)) return 'bad';
  return plain === own && !absolute ? undefined : { path: plain, ...(absolute ? { host: absolute[1]! } : {}) };
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  const elements = path.split('/').slice(1);
  for (const [at, element] of elements.entries()) {
    const dots = element.replace(/%2e/gi, '.');
    const last = at === elements.length - 1;
    if (dots === '..') kept.pop();
    if (dots !== '.' && dots !== '..') kept.push(element);
    else if (last) kept.push('');
  }
  return `/${kept.join('/')}`;
}

/** An action as it was decided for a plain target, made so that the backend is asked for that. */
export function withTarget(action: Action, { path, host }: PlainTarget): Action {
  if (action.act === 'answer') return action;
  return { ...action, path: { full: changedPath(path, action.path) }, ...(host !== undefined && action.hostname === undefined ? { hostname: host } : {}) };
}

export const plainAsked = (asked: Asked, { path, host = asked.host }: PlainTarget): Asked => ({ ...asked, path, host });
