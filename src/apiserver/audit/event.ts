import type { Status } from '../../meta/api-error.ts';
import { formatMicroTime } from '../../meta/time.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { Annotation, Exchange } from '../exchange.ts';

export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

/** How much is told: what was asked by whom, with what, and what came of it. */
export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse';

/** What one stage adds to what is known of the request. */
export interface StageFacts {
  readonly stage: AuditStage;
  /** JSON of the bodies, where the level tells them. */
  readonly requestObject?: string | undefined;
  readonly responseObject?: string | undefined;
  /** Undefined before there is one. */
  readonly status: Partial<Status> | undefined;
  readonly at: number;
}

/**
 * One request's events, as lines of audit.k8s.io/v1. What the stages have in common is written out once:
 * an event is then little more than the joining of texts.
 */
export class AuditTrail {
  readonly #exchange: Exchange;
  readonly #caller: UserInfo | undefined;
  readonly #received: number;
  readonly #head: string;
  readonly #request: string;
  readonly #rest: string;
  readonly #level: AuditLevel;

  /** @param caller undefined where authentication failed. */
  constructor(exchange: Exchange, caller: UserInfo | undefined, { received, level = 'Metadata' }: { readonly received: number; readonly level?: AuditLevel }) {
    const { request, info } = exchange;
    this.#exchange = exchange;
    this.#caller = caller;
    this.#received = received;
    this.#level = level;
    this.#head = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"${level}","auditID":${JSON.stringify(exchange.auditId ?? '')},"stage":"`;
    this.#request = `","requestURI":${JSON.stringify(request.url)},"verb":"${info.verb}","user":${caller ? userText(caller) : '{}'}`;
    const agent = request.headers['user-agent'];
    this.#rest = `,"sourceIPs":${addressesText(exchange)}${agent ? `,"userAgent":${JSON.stringify(agent)}` : ''}${info.isResource ? `,"objectRef":${refText(exchange)}` : ''}`;
  }

  line({ stage, status, at, requestObject, responseObject }: StageFacts): string {
    const { user, verdict, annotations: more } = this.#exchange;
    const impersonated = stage === 'RequestReceived' || !this.#caller || user === this.#caller ? '' : `,"impersonatedUser":${userText(user)}`;
    const response = status === undefined ? '' : `,"responseStatus":${statusText(status)}`;
    const annotations = stage === 'RequestReceived' || !verdict ? '' : `,"annotations":{"authorization.k8s.io/decision":"${verdict.allowed ? 'allow' : 'forbid'}","authorization.k8s.io/reason":${JSON.stringify(verdict.reason)}${more ? furtherText(more, this.#level) : ''}}`;
    const bodies = `${requestObject === undefined ? '' : `,"requestObject":${requestObject}`}${responseObject === undefined ? '' : `,"responseObject":${responseObject}`}`;
    return `${this.#head}${stage}${this.#request}${impersonated}${this.#rest}${response}${bodies},"requestReceivedTimestamp":"${timeText(this.#received)}","stageTimestamp":"${timeText(at)}"${annotations}}\n`;
  }
}

const furtherText = (annotations: ReadonlyMap<string, Annotation>, level: AuditLevel): string =>
  [...annotations].map(([key, { value, from }]) => (from === 'Metadata' || level !== 'Metadata' ? `,${JSON.stringify(key)}:${JSON.stringify(value)}` : '')).join('');

/** Authentication gives the same caller the same object. */
const users = new WeakMap<UserInfo, string>();

function userText(user: UserInfo): string {
  const kept = users.get(user);
  if (kept !== undefined) return kept;
  const { username, uid, groups, extra } = user;
  const text = JSON.stringify({ username, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) });
  users.set(user, text);
  return text;
}

function statusText(status: Partial<Status>): string {
  return status.status === undefined ? `{"metadata":{},"code":${status.code}}` : JSON.stringify({ metadata: {}, ...status });
}

/** Whom proxies name, then who is connected. */
function addressesText({ request: { headers, peer } }: Exchange): string {
  const forwarded = headers['x-forwarded-for'];
  const real = headers['x-real-ip'];
  if (forwarded === undefined && real === undefined) return `["${peer.address}"]`;
  const named = [...(forwarded ?? '').split(','), real ?? ''].map((one) => one.trim()).filter((one) => one !== '');
  return JSON.stringify([...new Set([...named, peer.address])]);
}

function refText({ info: { group, version, resource, subresource, namespace, name } }: Exchange): string {
  const field = (key: string, value: string) => (value === '' ? '' : `,"${key}":${JSON.stringify(value)}`);
  return `{"resource":${JSON.stringify(resource)}${field('namespace', namespace)}${field('name', name)}${field('apiGroup', group)}${field('apiVersion', version)}${field('subresource', subresource)}}`;
}

let latest = { at: Number.NaN, text: '' };

/** Within a busy millisecond the same text serves many. */
function timeText(at: number): string {
  if (latest.at !== at) latest = { at, text: formatMicroTime(at) };
  return latest.text;
}
