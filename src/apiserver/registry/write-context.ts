import type { AnyObject } from '../../meta/object.ts';
import { formatTime } from '../../meta/time.ts';
import type { Attributes, Operation, Shown } from '../admission/admission.ts';
import type { Core } from '../core.ts';
import { annotate, type Exchange, warn } from '../exchange.ts';
import type { WriteQuery } from '../query.ts';
import type { Served } from '../resources.ts';
import { MAX_PROBLEMS, strictError } from '../../schema/decode.ts';
import type { Version } from '../watch-cache/version.ts';

/** One write on its way: who, where, how. */
export interface WriteContext {
  readonly core: Core;
  readonly exchange: Exchange;
  readonly served: Served;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly query: WriteQuery;
}

/** What a write ended in: a version that is stored, or for a dry run the object it would have been. */
export type Outcome = { readonly status: number; readonly version: Version } | { readonly status: number; readonly object: unknown };

export interface Judged {
  readonly object: AnyObject | undefined;
  readonly old?: AnyObject | undefined;
  readonly shown?: Shown | undefined;
  /** A deletion's options. */
  readonly options?: object | undefined;
}

export function attributesOf(context: WriteContext, operation: Operation, objects: Judged): Attributes {
  const { exchange, served, namespace, name, subresource, query } = context;
  return {
    operation,
    kind: served.kind,
    subresource,
    namespace,
    name: name || objects.object?.metadata.name || '',
    object: objects.object as AnyObject,
    old: objects.old,
    user: exchange.user,
    dryRun: query.dryRun,
    warn: (text) => warn(exchange, text),
    annotate: (key, value, from) => annotate(exchange, key, value, from),
    options: (done) => objects.options ?? writeOptions(done, query),
    signal: exchange.request.signal,
    deadline: exchange.deadline,
    ...(objects.shown ? { shown: objects.shown } : {}),
  };
}

/** What was asked for beside the object, by what came of it: a patch that creates is a creation. */
function writeOptions(operation: Operation, { dryRun, fieldManager, fieldValidation }: WriteQuery): object | undefined {
  if (operation === 'CONNECT') return undefined;
  const kind = operation === 'CREATE' ? 'CreateOptions' : operation === 'UPDATE' ? 'UpdateOptions' : 'DeleteOptions';
  return { kind, apiVersion: 'meta.k8s.io/v1', ...(dryRun ? { dryRun: ['All'] } : {}), ...(fieldManager ? { fieldManager } : {}), ...(kind === 'DeleteOptions' ? {} : { fieldValidation }) };
}

/** Unknown and duplicate fields, as `fieldValidation` asks. @throws ApiError BadRequest under Strict. */
export function reportProblems(context: WriteContext, problems: readonly string[]): void {
  const all = [...context.exchange.duplicates, ...problems].slice(0, MAX_PROBLEMS);
  if (all.length === 0 || context.query.fieldValidation === 'Ignore') return;
  if (context.query.fieldValidation === 'Strict') throw strictError(context.served.kind, all);
  warn(context.exchange, ...all);
}

/** The instant in RFC 3339 with whole seconds. */
export const timestamp = formatTime;
