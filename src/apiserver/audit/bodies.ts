import { joinBytes } from '../../base/join-bytes.ts';
import { isRecord } from '../../meta/own.ts';
import type { ApiResponse } from '../../wire/api.ts';
import { bodyOptions, readBody, textOf } from '../body.ts';
import type { Core } from '../core.ts';
import type { Exchange } from '../exchange.ts';
import { isEnvelope } from '../../schema/protobuf/envelope.ts';
import { decodeProtobuf } from '../protobuf-body.ts';
import type { AuditRule } from './stage.ts';

/** The bodies of one request, as JSON for its events. */
export interface Bodies {
  answered(response: ApiResponse): void;
  told(): { readonly requestObject?: string | undefined; readonly responseObject?: string | undefined };
}

/** Undefined where the rule tells none. What Secrets hold is told at RequestResponse alone, by a policy that means it. */
export function bodiesFor(core: Core, { request, info }: Exchange, rule: AuditRule): Bodies | undefined {
  if (rule.level !== 'Request' && rule.level !== 'RequestResponse') return undefined;
  const both = rule.level === 'RequestResponse';
  let sent: string | undefined;
  let answer: string | undefined;
  if (both || !isSecret(info)) {
    sent = quietly(() => {
      const patches = /^application\/[a-z-]+\+(json|yaml)/.exec(request.headers['content-type'] ?? '')?.[1];
      const readable = patches === undefined ? request : { ...request, headers: { ...request.headers, 'content-type': `application/${patches}` } };
      return jsonOf(readBody(readable, bodyOptions(core, 'object')), rule);
    });
  }
  return {
    answered(response) {
      if (both) answer = quietly(() => jsonOf(answered(core, response), rule));
    },
    told: () => ({ requestObject: sent, responseObject: answer }),
  };
}

const isSecret = ({ group, resource, subresource }: Exchange['info']): boolean =>
  (group === '' && resource === 'secrets') || (resource === 'serviceaccounts' && subresource === 'token') || resource === 'tokenreviews';

/** Whole answers alone: what streams is told by its stages. */
function answered({ resources }: Core, { body }: ApiResponse): unknown {
  if (body?.type === 'object') return body.object;
  if (body?.type !== 'bytes') return undefined;
  if (body.chunks.length === 0) return undefined;
  const bytes = joinBytes(body.chunks);
  return isEnvelope(bytes) ? decodeProtobuf(resources.kinds(), bytes) : JSON.parse(textOf(bytes));
}

function jsonOf(value: unknown, { omitManagedFields }: AuditRule): string | undefined {
  if (value === undefined) return undefined;
  return JSON.stringify(omitManagedFields ? withoutManaged(value) : value);
}

function withoutManaged(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { metadata, items } = value;
  return {
    ...value,
    ...(isRecord(metadata) ? { metadata: { ...metadata, managedFields: undefined } } : {}),
    ...(Array.isArray(items) ? { items: items.map(withoutManaged) } : {}),
  };
}

/** What cannot be read is refused elsewhere, and told by its status. */
function quietly(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
