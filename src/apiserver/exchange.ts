import type { Millis } from '../base/clock.ts';
import type { UserInfo, ApiRequest, ApiResponse } from '../wire/api.ts';
import type { RequestInfo } from './request-info.ts';
import type { ParsedYaml } from '../meta/yaml.ts';

/** Upstream's `--request-timeout`: no request but the long-running ones takes longer. */
export const REQUEST_TIMEOUT: Millis = 60_000;

/** One request on its way through the chain; what stages find out is added as it goes. */
export interface Exchange {
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  /** Set by authentication, replaced by impersonation. */
  user: UserInfo;
  /** Texts for `Warning: 299` headers; see {@link warn}. */
  readonly warnings: string[];
  /** `duplicate field "spec.x"` of the body, judged with what decoding finds. */
  readonly duplicates: string[];
  /** The body, where it was long YAML. */
  yaml: ParsedYaml | undefined;
  /** By the clock's `monotonic`: when the request must have been answered. */
  deadline: Millis | undefined;
  /** By which audit, and the caller, know this request. */
  auditId: string | undefined;
  /** Audit tells of it already. */
  audited: boolean;
  /** The flow schema and priority level it was sorted by, as every answer names them. */
  sorted: { readonly schemaUid: string; readonly levelUid: string } | undefined;
  /** Why authorization said what it said: for audit. */
  verdict: { readonly allowed: boolean; readonly reason: string } | undefined;
  /** What else audit tells of it: admission's, by key. */
  annotations: Map<string, Annotation> | undefined;
}

export type AnnotationLevel = 'Metadata' | 'Request';

export interface Annotation {
  readonly value: string;
  /** The least of audit's levels that tells it. */
  readonly from: AnnotationLevel;
}

/** All there will be from the beginning: objects that grow are slow. */
export function beginExchange(request: ApiRequest, info: RequestInfo, user: UserInfo): Exchange {
  return {
    request, info, user, warnings: [], duplicates: [], yaml: undefined,
    deadline: undefined, auditId: undefined, audited: false, sorted: undefined, verdict: undefined, annotations: undefined,
  };
}

/** One entry of the chain: answers itself, or asks the rest and may look at the answer. */
export interface Stage {
  readonly name: string;
  handle(exchange: Exchange, next: Next): Promise<ApiResponse>;
}

export type Next = (exchange: Exchange) => Promise<ApiResponse>;

/** Adds a warning once. */
export function warn(exchange: Exchange, ...texts: readonly string[]): void {
  for (const text of texts) if (!exchange.warnings.includes(text)) exchange.warnings.push(text);
}

/** Tells audit something of the request, unless the same was said. @param from the least level it is told at: what shows of bodies is for those who want bodies */
export function annotate(exchange: Exchange, key: string, value: string, from: AnnotationLevel = 'Metadata'): void {
  exchange.annotations ??= new Map();
  if (!exchange.annotations.has(key)) exchange.annotations.set(key, { value, from });
}

const LONG_SUBRESOURCES = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

/** Requests that last as long as their callers like. */
export const isLongRunning = ({ verb, subresource }: RequestInfo): boolean => verb === 'watch' || LONG_SUBRESOURCES.has(subresource);

/** Folds an ordered list of stages into one handler. */
export function composeStages(stages: readonly Stage[]): Next {
  const end: Next = () => Promise.reject(new Error('the last stage must answer'));
  return stages.reduceRight<Next>((next, stage) => (exchange) => stage.handle(exchange, next), end);
}
