import { alreadyExists, ApiError, badRequest, invalidObject } from '../../meta/api-error.ts';
import { randomSuffix } from '../../base/random.ts';
import type { AnyObject } from '../../meta/object.ts';
import { checkKind } from '../body.ts';
import { applyDefaults, decode, decodeObject } from '../../schema/decode.ts';
import type { Kind } from '../../schema/kind.ts';
import { withSharedSpec } from '../../schema/shared-specs.ts';
import { validateObject } from '../engine.ts';
import { warn } from '../exchange.ts';
import { allocate } from './allocate.ts';
import { authorizeCreate, checkNamespace, dedupOwners, placed } from './identity.ts';
import { trackCreate } from './managed-fields.ts';
import { ClaimTaken, commitCreate, readFresh } from './storage.ts';
import { attributesOf, type Outcome, reportProblems, timestamp, type WriteContext } from './write-context.ts';

/** Longest prefix that leaves room for the suffix within 63 characters. */
const MAX_GENERATED_PREFIX = 58;
const ATTEMPTS = 8;

/** POST of a collection. */
export async function create(context: WriteContext, body: unknown): Promise<Outcome> {
  const { kind } = context.served;
  const { value: object, problems } = decodeObject(kind, checkKind(context.core.resources.kinds(), kind, body));
  reportProblems(context, problems);
  return createDecoded(context, trackCreate(context, dedupOwners(context, object, 'before')), 'by create');
}

/** Whether the caller asked for a creation, or for an update or apply that came to one. */
export type Way = 'by create' | 'by update';

/** From a decoded object on; also the end of create-on-update and create-on-apply. */
export async function createDecoded(context: WriteContext, decoded: AnyObject, way: Way): Promise<Outcome> {
  const object = placeInNamespace(context, decoded);
  for (let attempt = 1; ; attempt++) {
    const made = await createOnce(context, object, way);
    if ('outcome' in made) return made.outcome;
    const { metadata } = object;
    if (metadata.name || !metadata.generateName || attempt === ATTEMPTS) throw taken(context, metadata, made);
  }
}

/** In which name an object was in the way, and that one, if it is still there. */
interface Taken {
  readonly name: string;
  readonly by: AnyObject | undefined;
}

function taken({ served: { kind } }: WriteContext, { generateName }: AnyObject['metadata'], { name, by }: Taken): ApiError {
  const { message, details } = alreadyExists(kind, name);
  const full = generateName ? `${message}, the server was not able to generate a unique name for the object` : message;
  return new ApiError('AlreadyExists', by?.metadata.deletionTimestamp ? `object is being deleted: ${full}` : full, {
    details: { ...details, ...(generateName ? { retryAfterSeconds: 1 } : {}) },
  });
}

async function createOnce(context: WriteContext, placed: AnyObject, way: Way): Promise<{ readonly outcome: Outcome } | Taken> {
  const { core, served, exchange } = context;
  const { kind } = served;
  const named = withName(context, placed);
  const admitted = dedupOwners(context, await core.admission.mutate(attributesOf(context, 'CREATE', { object: named }), core), 'after');
  checkNamespace(kind.scope === 'Namespaced' ? context.namespace : '', admitted.metadata.namespace);
  let ready = prepareForCreate(context, withSharedSpec(kind, admitted));
  const allocation = allocate(context, ready, undefined);
  ready = allocation.object;
  const found = validateObject(kind, ready);
  const errors = found instanceof Promise ? await found : found;
  if (errors.length > 0) throw invalidObject(kind, ready.metadata.name ?? '', errors);
  if (way === 'by update') await authorizeCreate(context);
  const replace = await core.admission.validate(attributesOf(context, 'CREATE', { object: ready }), core);
  if (kind.warnings) warn(exchange, ...kind.warnings(ready as never, undefined));
  const { name } = ready.metadata;
  const key = served.codec.keyOf(ready.metadata.namespace ?? '', name);
  if (context.query.dryRun) {
    const there = await readFresh(core, served, key);
    return there ? { name, by: there.object } : { outcome: { status: 201, object: ready } };
  }
  try {
    const version = await commitCreate(core, served, { key, object: ready, side: { ...allocation.side, replace } });
    return version ? { outcome: { status: 201, version } } : { name, by: (await readFresh(core, served, key))?.object };
  } catch (error) {
    if (!(error instanceof ClaimTaken)) throw error;
    await core.hub.fresh();
    return createOnce(context, placed, way);
  }
}

function placeInNamespace({ served, namespace }: WriteContext, object: AnyObject): AnyObject {
  if (served.kind.scope === 'Namespaced' && namespace === '') throw badRequest('an empty namespace may not be set during creation');
  const place = served.kind.scope === 'Namespaced' ? namespace : '';
  checkNamespace(place, object.metadata.namespace);
  return placed(object, place);
}

function withName({ core, name }: WriteContext, object: AnyObject): AnyObject {
  const { metadata } = object;
  if (name !== '' && metadata.name && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (name !== '') return { ...object, metadata: { ...metadata, name } };
  if (metadata.name || !metadata.generateName) return object;
  return { ...object, metadata: { ...metadata, name: metadata.generateName.slice(0, MAX_GENERATED_PREFIX) + randomSuffix(core.random) } };
}

/** Sets what only the server may set, and drops what callers may not. */
function prepareForCreate({ core, served }: WriteContext, object: AnyObject): AnyObject {
  const { kind, strategy } = served;
  const { resourceVersion } = object.metadata;
  if (resourceVersion && /[1-9]/.test(resourceVersion)) throw badRequest('resourceVersion should not be set on objects to be created');
  const base = kind.hasStatus && !strategy.createsStatus ? withEmptyStatus(kind, object) : object;
  const stamped = {
    ...base,
    metadata: {
      ...givenMetadata(object.metadata),
      uid: core.random.uuid(),
      creationTimestamp: timestamp(core.clock.now()),
      ...(strategy.generation ? { generation: 1 } : {}),
    },
  } as unknown as AnyObject;
  return kind.prepareForCreate ? (kind.prepareForCreate(stamped as never) as AnyObject) : stamped;
}

function withEmptyStatus(kind: Kind, object: AnyObject): AnyObject {
  if (!kind.custom) return { ...object, status: emptyStatus(kind) };
  const { status: _status, ...rest } = object;
  return applyDefaults(kind, rest as AnyObject);
}

/** Without what the server alone says; nearly nobody tries. */
function givenMetadata(metadata: AnyObject['metadata']): Partial<AnyObject['metadata']> {
  if (!SERVER_SAID.some((field) => metadata[field] !== undefined)) return metadata;
  const {
    resourceVersion: _version, selfLink: _selfLink, uid: _uid, creationTimestamp: _created, deletionTimestamp: _deleted,
    deletionGracePeriodSeconds: _grace, generation: _generation, ...given
  } = metadata;
  return given;
}

const SERVER_SAID = ['resourceVersion', 'selfLink', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation'] as const;

const emptyStatuses = new WeakMap<Kind, unknown>();

/** A status before anyone has looked: what it must have is there, empty (a Service's `loadBalancer`, a ReplicaSet's `replicas: 0`). */
function emptyStatus(kind: Kind): unknown {
  let status = emptyStatuses.get(kind);
  if (status === undefined) emptyStatuses.set(kind, (status = decode(kind.schema.fields['status']!, {}).value));
  return status;
}
