import { PatternError } from '../../meta/regexp/parse.ts';
import { regexOf } from '../../meta/regexp/regex.ts';
import type { GRPCRouteMatch, HTTPRouteMatch, HTTPRouteRule, Route, RouteFilter, ValueMatch } from './kinds.ts';

const FILTERS = new Set(['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite', 'RequestMirror']);
/** Of those of one backend among several. */
const BACKEND_FILTERS = new Set(['RequestHeaderModifier', 'ResponseHeaderModifier']);

/** What a rule must not be served without: ExtensionRef, and what later releases may bring. */
export const unsupportedFilter = ({ type }: RouteFilter): boolean => !FILTERS.has(type);
export const unsupportedBackendFilter = ({ type }: RouteFilter): boolean => !BACKEND_FILTERS.has(type);

/** The rules of a route of either kind, as the richer of the two has them. */
export const rulesOf = (route: Route): readonly HTTPRouteRule[] => (route.spec.rules ?? []) as readonly HTTPRouteRule[];

/** What of a rule cannot be done here, in words; undefined where all can. */
export function unsupportedIn({ filters = [], backendRefs = [], matches = [] }: HTTPRouteRule): string | undefined {
  const filter = filters.find(unsupportedFilter) ?? backendRefs.flatMap((backend) => backend.filters ?? []).find(unsupportedBackendFilter);
  if (filter) return `Filter ${filter.type} is not supported`;
  const pattern = matches.flatMap((match) => patternsOf(match)).find(isNoPattern);
  return pattern === undefined ? undefined : `"${pattern}" is not a regular expression`;
}

function patternsOf({ path, headers = [], queryParams = [], method }: Omit<HTTPRouteMatch, 'method'> & { readonly method?: HTTPRouteMatch['method'] | GRPCRouteMatch['method'] }): readonly string[] {
  const ofMethod = typeof method === 'object' && method.type === 'RegularExpression' ? [method.service, method.method] : [];
  const isPattern = ({ type }: Pick<ValueMatch, 'type'>): boolean => type === 'RegularExpression';
  return [path?.type === 'RegularExpression' ? path.value : undefined, ...ofMethod, ...[...headers, ...queryParams].filter(isPattern).map(({ value }) => value)].filter((one) => one !== undefined);
}

function isNoPattern(pattern: string): boolean {
  try {
    return !regexOf(pattern);
  } catch (error) {
    if (error instanceof PatternError) return true;
    throw error;
  }
}
