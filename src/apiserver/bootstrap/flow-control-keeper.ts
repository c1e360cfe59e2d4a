import type { Millis } from '../../base/clock.ts';
import type { FlowSchemaCondition, FlowSchemaStatus } from '../../kinds/flowcontrol/flow-schema.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { formatTime } from '../../meta/time.ts';
import type { ApiHandler } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import { sameObject } from '../registry/equality.ts';
import { AUTO_UPDATE, type FlowControlObject, flowControlObjects } from './flow-control-objects.ts';
import { ifThere, send, urlOf } from './send.ts';

const GROUP = 'flowcontrol.apiserver.k8s.io';
/** Changes that come together are looked at together. */
const DELAY: Millis = 100;

/**
 * Keeps the flow control objects that must be there as they must be, and says of each FlowSchema whether its level exists.
 * Looks whenever one of them changed.
 */
export async function startFlowControlKeeper(core: Core, handler: ApiHandler): Promise<Disposable> {
  const { clock, log, resources } = core;
  const pass = async () => {
    await keep(core, handler);
    await core.hub.fresh();
    await mark(core, handler);
  };
  await pass();
  await core.hub.fresh();
  let timer: Disposable | undefined;
  const look = () => {
    timer ??= clock.after(DELAY, () => {
      timer = undefined;
      pass().catch((error: unknown) => {
        if (core.stopping.aborted) return;
        log.warn('the flow control objects could not be kept', { error: String(error) });
        look();
      });
    });
  };
  const following = ['flowschemas', 'prioritylevelconfigurations'].flatMap((plural) => resources.of(GROUP, plural)?.cache.onChange(look) ?? []);
  return {
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]();
      for (const one of following) one[Symbol.dispose]();
    },
  };
}

async function keep(core: Core, handler: ApiHandler): Promise<void> {
  await Promise.all(flowControlObjects().map(async (wanted) => {
    const served = core.resources.of(GROUP, wanted.plural);
    if (!served) return;
    const url = urlOf(served, '');
    const present = served.cache.object('', wanted.object.metadata.name);
    if (!present) return void await send(handler, { method: 'POST', url, object: wanted.object }).catch(ifThere);
    const mended = mend(wanted, present);
    if (mended) await send(handler, { method: 'PUT', url: `${url}/${wanted.object.metadata.name}`, object: mended }).catch(ifConflict);
  }));
}

/** Who was quicker is seen in the cache soon, and looked at again. */
function ifConflict(error: unknown): void {
  if (!isApiError(error, 'Conflict', 'NotFound')) throw error;
}

/** The present object as it should be, or undefined when it is. */
export function mend({ mandatory, object }: FlowControlObject, present: AnyObject): AnyObject | undefined {
  const { annotations = {}, generation } = present.metadata;
  const said = annotations[AUTO_UPDATE];
  // Untouched since it was made, and so not the user's own.
  const ours = mandatory || said === 'true' || (said === undefined && generation === 1);
  if (!ours) return said === undefined ? annotated(present, 'false') : undefined;
  const spec = specFor(object, present);
  if (said === 'true' && sameObject(spec, present['spec'])) return undefined;
  return { ...annotated(present, 'true'), spec };
}

const annotated = (object: AnyObject, value: string): AnyObject =>
  ({ ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [AUTO_UPDATE]: value } } });

/** How many seats the exempt level counts for, and lends, is the administrator's to say. */
function specFor({ spec }: FlowControlObject['object'], present: AnyObject): unknown {
  const { exempt } = spec as { readonly exempt?: object };
  const own = (present['spec'] as { readonly exempt?: object | null } | undefined)?.exempt;
  return exempt && own ? { ...(spec as object), exempt: own } : spec;
}

/** Writes the condition Dangling where it is not what is so. */
async function mark({ resources, clock }: Core, handler: ApiHandler): Promise<void> {
  const schemas = resources.of(GROUP, 'flowschemas');
  const levels = resources.of(GROUP, 'prioritylevelconfigurations');
  if (!schemas || !levels) return;
  await Promise.all([...schemas.cache.list('')].map(async ({ object }) => {
    const level = (object['spec'] as { readonly priorityLevelConfiguration: { readonly name: string } }).priorityLevelConfiguration.name;
    const wanted = dangling(level, levels.cache.object('', level) !== undefined);
    const status = object['status'] as FlowSchemaStatus | undefined;
    const conditions = status?.conditions ?? [];
    const present = conditions.find(({ type }) => type === 'Dangling');
    if (present && present.status === wanted.status && present.reason === wanted.reason && present.message === wanted.message) return;
    const lastTransitionTime = present && present.status === wanted.status ? present.lastTransitionTime : formatTime(clock.now());
    const next = [...conditions.filter(({ type }) => type !== 'Dangling'), { ...wanted, lastTransitionTime }];
    const url = `${urlOf(schemas, '')}/${object.metadata.name}/status`;
    await send(handler, { method: 'PUT', url, object: { ...object, status: { ...status, conditions: next } } }).catch(ifConflict);
  }));
}

function dangling(level: string, exists: boolean): Pick<FlowSchemaCondition, 'type' | 'status' | 'reason' | 'message'> {
  const named = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return exists
    ? { type: 'Dangling', status: 'False', reason: 'Found', message: `${named} and it exists` }
    : { type: 'Dangling', status: 'True', reason: 'NotFound', message: `${named} but there is no such object` };
}
