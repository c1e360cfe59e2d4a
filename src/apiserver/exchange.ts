import type { UserInfo, ApiRequest, ApiResponse } from '../wire/api.ts';
import type { RequestInfo } from './request-info.ts';

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

/** Folds an ordered list of stages into one handler. */
export function composeStages(stages: readonly Stage[]): Next {
  const end: Next = () => Promise.reject(new Error('the last stage must answer'));
  return stages.reduceRight<Next>((next, stage) => (exchange) => stage.handle(exchange, next), end);
}
