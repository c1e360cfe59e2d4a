import { messageOf } from '../base/message-of.ts';
import { ApiError } from '../meta/api-error.ts';
import { StoreFull } from '../store/index.ts';
import type { ApiResponse } from '../wire/api.ts';
import type { Core } from './core.ts';
import type { Exchange, Stage } from './exchange.ts';
import { warningHeader } from './warning-header.ts';
import { answerError, answerText } from './respond.ts';

/** Turns whatever is thrown below into a Status, and adds warnings to whatever is answered. */
export function errorsStage(core: Core): Stage {
  return {
    name: 'errors',
    async handle(exchange, next) {
      try {
        return withHeaders(exchange, await next(exchange));
      } catch (error) {
        const failed = isPanic(error) ? answerPanic(core, exchange, error) : answerError(exchange.request, asApiError(core, exchange, error));
        return withHeaders(exchange, failed);
      }
    },
  };
}

function asApiError(core: Core, { request }: Exchange, error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof RangeError && /call stack/i.test(error.message)) return new ApiError('BadRequest', 'the object is nested too deeply: exceeded max depth');
  if (error instanceof StoreFull) return new ApiError('', error.message);
  if (error instanceof URIError) return new ApiError('BadRequest', `invalid URL escape in ${JSON.stringify(request.url)}`);
  core.log.error('a request failed for a reason of our own', {
    method: request.method, url: request.url, error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  const message = messageOf(error);
  return new ApiError('InternalError', `Internal error occurred: ${message}`, { details: { causes: [{ message }] } });
}

/** What the language throws where the code itself is wrong. */
export function isPanic(error: unknown): boolean {
  if (error instanceof RangeError) return !/call stack/i.test(error.message);
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof SyntaxError;
}

/** One request found a mistake of ours; all others go on. */
function answerPanic({ log }: Core, { request }: Exchange, error: unknown): ApiResponse {
  log.error('a request panicked', { method: request.method, url: request.url, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  const message = 'This request caused apiserver to panic. Look in the logs for details.';
  if (request.wantsObjects) return answerError(request, new ApiError('InternalError', message));
  return answerText(500, `${message}\n`);
}

function withHeaders({ request, warnings, auditId, sorted }: Exchange, response: ApiResponse): ApiResponse {
  if (request.wantsObjects && warnings.length === 0) return response;
  // One copy, then names that are known: several spreads would cost more than all else here.
  const headers: Record<string, string | undefined> = { ...response.headers };
  if (auditId !== undefined) headers['audit-id'] = auditId;
  if (sorted) {
    headers['x-kubernetes-pf-flowschema-uid'] = sorted.schemaUid;
    headers['x-kubernetes-pf-prioritylevel-uid'] = sorted.levelUid;
  }
  if (warnings.length > 0) headers['warning'] = warningHeader(warnings);
  return { ...response, headers };
}
