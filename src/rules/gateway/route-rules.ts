import type { RouteFilter } from './kinds.ts';

const FILTERS = new Set(['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite', 'RequestMirror']);

/** What a rule must not be served without: ExtensionRef, and what later releases may bring. */
export const unsupportedFilter = ({ type }: RouteFilter): boolean => !FILTERS.has(type);
