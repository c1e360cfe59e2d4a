import { messageOf } from '../../base/message-of.ts';
import { ApiError, type Status } from '../../meta/api-error.ts';
import type { ApiResponse, UserInfo } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import { isPanic } from '../errors.ts';
import { type Exchange, isLongRunning, type Next, type Stage } from '../exchange.ts';
import { type Bodies, bodiesFor } from './bodies.ts';
import { type AuditLevel, type AuditStage, AuditTrail } from './event.ts';
import { untilEnd } from './until-end.ts';

/** Gives each request the identity that audit knows it by, the caller's own if it has one, and tells of those who could not say who they are. */
export function auditIdStage(core: Core): Stage {
  const { clock, random, config, metrics } = core;
  return {
    name: 'audit-id',
    handle(exchange, next) {
      const { headers, wantsObjects } = exchange.request;
      // In-process callers see no headers: without a sink nobody would.
      if (config.audit || !wantsObjects) exchange.auditId = headers['audit-id'] ?? random.uuid();
      if (!config.audit) return next(exchange);
      const received = clock.now();
      return next(exchange).catch((error: unknown) => {
        const { level, omitStages } = exchange.audited ? NOTHING : ruleOf(core, exchange, undefined);
        if (level !== 'None' && !omitStages.includes('ResponseStarted') && error instanceof ApiError) {
          metrics.audited++;
          const status = { status: 'Failure' as const, message: failureText(exchange, error), ...(error.reason ? { reason: error.reason } : {}), code: error.code };
          config.audit?.(new AuditTrail(exchange, undefined, { received, level }).line({ stage: 'ResponseStarted', status, at: clock.now() }));
        }
        throw error;
      });
    },
  };
}

function failureText({ request: { headers, peer } }: Exchange, error: ApiError): string {
  if (error.reason !== 'Unauthorized') return error.message;
  const tried = [...(peer.certificateError ? ['x509'] : []), ...(/^bearer /i.test(headers['authorization'] ?? '') ? ['bearer'] : [])];
  return tried.length === 0 ? 'Authentication failed, no credentials provided' : `Authentication failed, attempted: ${tried.join(', ')}`;
}

/** Tells the sink of every request: when it comes, when a long answer begins, when the answer is complete. */
export function auditStage(core: Core): Stage {
  const { config } = core;
  return {
    name: 'audit',
    handle(exchange, next) {
      return config.audit ? audited(core, exchange, next) : next(exchange);
    },
  };
}

async function audited(core: Core, exchange: Exchange, next: Next): Promise<ApiResponse> {
  const { clock } = core;
  const rule = ruleOf(core, exchange, exchange.user);
  if (rule.level === 'None') {
    exchange.audited = true;
    return next(exchange);
  }
  const trail = new AuditTrail(exchange, exchange.user, { received: clock.now(), level: rule.level });
  const bodies = bodiesFor(core, exchange, rule);
  exchange.audited = true;
  const tell = teller(core, trail, { omitted: rule.omitStages, bodies });
  tell('RequestReceived', undefined);
  let response: ApiResponse;
  try {
    response = await next(exchange);
  } catch (error) {
    if (isPanic(error)) tell('Panic', { status: 'Failure', message: `APIServer panic'd: ${messageOf(error)}`, reason: 'InternalError', code: 500 });
    else {
      if (error instanceof ApiError) bodies?.answered({ status: error.code, headers: {}, body: { type: 'object', object: error.toStatus() } });
      tell('ResponseComplete', statusOf(error));
    }
    throw error;
  }
  const status = { code: response.status };
  bodies?.answered(response);
  if (!isLongRunning(exchange.info)) {
    tell('ResponseComplete', status);
    return response;
  }
  tell('ResponseStarted', status);
  return untilEnd(response, () => tell('ResponseComplete', status));
}

/** What is told of a request. */
export interface AuditRule {
  readonly level: AuditLevel;
  readonly omitStages: readonly AuditStage[];
  /** Bodies are told without who manages which of their fields. */
  readonly omitManagedFields?: boolean;
}

const EVERYTHING: AuditRule = { level: 'Metadata', omitStages: [] };
const NOTHING: AuditRule = { level: 'None', omitStages: [] };

const ruleOf = ({ config }: Core, { info }: Exchange, user: UserInfo | undefined): AuditRule => config.auditPolicy?.(user, info) ?? EVERYTHING;

function teller({ config, clock, metrics }: Core, trail: AuditTrail, { omitted, bodies }: { readonly omitted: readonly AuditStage[]; readonly bodies: Bodies | undefined }) {
  return (stage: AuditStage, status: Partial<Status> | undefined): void => {
    if (omitted.includes(stage)) return;
    metrics.audited++;
    config.audit?.(trail.line({ stage, status, at: clock.now(), ...(stage === 'RequestReceived' ? {} : bodies?.told()) }));
  };
}

function statusOf(error: unknown): Partial<Status> {
  if (!(error instanceof ApiError)) return { status: 'Failure', message: messageOf(error), code: 500 };
  const { status, message, reason, details, code } = error.toStatus();
  return { status, ...(message === undefined ? {} : { message }), ...(reason ? { reason } : {}), ...(details ? { details } : {}), ...(code === undefined ? {} : { code }) };
}
