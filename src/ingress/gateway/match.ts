import { regexOf } from '../../meta/regexp/regex.ts';
import { PatternError } from '../../meta/regexp/parse.ts';
import type { GRPCRouteMatch, HTTPRouteMatch, ValueMatch } from '../../rules/gateway/kinds.ts';
import type { Asked } from '../action.ts';

/** One way for a request to fall under a rule. */
export interface Matcher {
  readonly test: (asked: Asked) => boolean;
  /** Whether the path alone decides about a request to it: it looks at nothing else, or the path is not its own. */
  readonly steadyFor: (path: string) => boolean;
  /** The prefix by which it is found, for who replaces it. */
  readonly prefix: string;
  /** Greater goes before less, number by number. */
  readonly rank: readonly number[];
}

type Test = (text: string) => boolean;
/** A service's name counts before a method's, whatever their lengths. */
const LONGER_THAN_METHODS = 10_000;
const never: Matcher['test'] = () => false;

/** Of HTTPRoute's matches; patterns are RE2's and match the whole value. Precedence by the specification of `matches`. */
export function httpMatcher({ path, headers = [], queryParams = [], method }: HTTPRouteMatch): Matcher {
  const { type = 'PathPrefix', value = '/' } = path ?? {};
  const prefix = type === 'PathPrefix' ? value : '';
  const onPath = type === 'PathPrefix' ? prefixTest(value) : valueTest(type, value);
  const onHeaders = firstOfEach(headers, (name) => name.toLowerCase()).map(({ name, type: how, value: wanted }) => ({ name: name.toLowerCase(), test: valueTest(how, wanted) }));
  const onQuery = firstOfEach(queryParams, (name) => name).map(({ name, type: how, value: wanted }) => ({ name, test: valueTest(how, wanted) }));
  const broken = [onPath, ...[...onHeaders, ...onQuery].map(({ test }) => test)].includes(undefined);
  const pathAlone = broken || (method === undefined && onHeaders.length === 0 && onQuery.length === 0);
  return {
    prefix,
    steadyFor: (path) => pathAlone || !onPath!(path),
    rank: [type === 'Exact' ? 2 : type === 'PathPrefix' ? 0 : 1, value.length, method === undefined ? 0 : 1, onHeaders.length, onQuery.length],
    test: broken ? never : (asked) => onPath!(asked.path) && (method === undefined || method === asked.method)
      && onHeaders.every(({ name, test }) => said(asked.header(name), test!)) && matchesQuery(asked.query, onQuery as readonly { name: string; test: Test }[]),
  };
}

/** Of GRPCRoute's: a method's path is `/service/method`. */
export function grpcMatcher({ method: { type = 'Exact', service, method } = {}, headers = [] }: GRPCRouteMatch): Matcher {
  const quoted = (text: string | undefined): string => (text === undefined ? '[^/]+' : type === 'Exact' ? text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&') : `(?:${text})`);
  const whole = type === 'Exact' && service !== undefined && method !== undefined;
  const none = service === undefined && method === undefined;
  const path = none ? { type: 'PathPrefix', value: '/' } : whole ? { type: 'Exact', value: `/${service}/${method}` } : { type: 'RegularExpression', value: `/${quoted(service)}/${quoted(method)}` };
  const matcher = httpMatcher({ path, headers });
  return { ...matcher, rank: [whole ? 2 : none ? 0 : 1, (service?.length ?? 0) * LONGER_THAN_METHODS + (method?.length ?? 0), 1, matcher.rank[3]!, 0] };
}

const said = (value: string | undefined, test: Test): boolean => value !== undefined && test(value);

/** Of entries with one name the first counts. */
function firstOfEach(matches: readonly ValueMatch[], nameOf: (name: string) => string): readonly ValueMatch[] {
  return matches.filter((one, at) => matches.findIndex((other) => nameOf(other.name) === nameOf(one.name)) === at);
}

/** Undefined for what is no pattern, or no way of matching that is known. */
function valueTest(type = 'Exact', value: string): Test | undefined {
  if (type === 'Exact') return (text) => text === value;
  if (type !== 'RegularExpression') return undefined;
  try {
    const regex = regexOf(`^(?:${value})$`);
    return (text) => regex.test(text);
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}

/** By whole elements: `/a` is a prefix of `/a/b`, not of `/ab`; a slash at its end says nothing. */
function prefixTest(value: string): Test {
  const prefix = value.endsWith('/') ? value.slice(0, -1) : value;
  return (path) => path === prefix || path.startsWith(`${prefix}/`);
}

function matchesQuery(query: string, wanted: readonly { readonly name: string; readonly test: Test }[]): boolean {
  if (wanted.length === 0) return true;
  const asked = new URLSearchParams(query);
  return wanted.every(({ name, test }) => said(asked.get(name) ?? undefined, test));
}
