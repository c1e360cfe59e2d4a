import { ApiError, invalidObject, notFound } from '../../meta/api-error.ts';
import { FieldPath, invalid } from '../../meta/field-error.ts';
import { formatRequirements, type LabelSelector, requirementsOf } from '../../meta/label-selector.ts';
import type { AnyObject } from '../../meta/object.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import type { Kind, ScalePaths } from '../../schema/kind.ts';
import { Scale } from '../../kinds/autoscaling/scale.ts';
import { readApplied as readConfig } from '../../schema/apply/applied.ts';
import { decodeObject } from '../../schema/decode.ts';
import type { Shown } from '../admission/admission.ts';
import { checkKind } from '../body.ts';
import { trackUpdate } from '../registry/managed-fields.ts';
import { applyOnto, checkApplied } from '../registry/apply.ts';
import { atAddress } from '../registry/identity.ts';
import { APPLY, patchTypeOf } from '../registry/patch-type.ts';
import { readApplied, readPatch } from '../registry/patch.ts';
import { readable } from '../registry/remote.ts';
import { modify } from '../registry/update.ts';
import { type Outcome, reportProblems, type WriteContext } from '../registry/write-context.ts';
import { answerObject, bodyOf, type ResourceRequest, writeContext } from '../resource-request.ts';
import type { ApiResponse } from '../../wire/api.ts';
import type { Subresource } from './table.ts';

/** The one view of everything that has replicas (autoscaling/v1 Scale). */
export const scale: Subresource = {
  async get(at) {
    const { served, core, exchange: { info } } = at;
    await core.hub.fresh();
    if (served.codec.isRemote) await readable(served, () => [served.cache.get(served.codec.keyOf(info.namespace, info.name))]);
    const object = served.cache.object(info.namespace, info.name);
    if (!object) throw notFound(served.kind, info.name);
    checkPath(served.kind, object);
    return answerObject(at, 200, scaleOf(object, served.kind.scale!));
  },

  async update(at) {
    const context = writeContext(at, 'UpdateOptions');
    const { value, problems } = decodeObject(Scale, checkKind(at.core.resources.kinds(), Scale, bodyOf(at, 'Scale')));
    reportProblems(context, problems);
    const proposed = atAddress(context, value);
    return setScale(at, context, () => proposed);
  },

  async patch(at) {
    const context = writeContext(at, 'PatchOptions');
    return patchTypeOf(at.exchange.request) === APPLY ? applyScale(at, context) : setScale(at, context, readPatch(at, context, Scale));
  },
};

/** Server-side apply: what the manager says of the scale it owns on the object that is scaled. */
async function applyScale(at: ResourceRequest, context: WriteContext): Promise<ApiResponse> {
  const { kind } = at.served;
  const config = readConfig(Scale, readApplied(at, context));
  checkApplied(context, config);
  const { name, namespace } = config.metadata;
  const object = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name, ...(namespace ? { namespace } : {}) } };
  const replicas = (config as ScaleObject).spec?.replicas;
  if (replicas !== undefined) checkReplicas(replicas, context.name);
  const applied = (replicas === undefined ? object : setPath(object, kind.scale!.spec, replicas)) as Readonly<Record<string, unknown>>;
  const outcome = await modify(context, { scope: 'whole', shown: shownScale(kind.scale!), transform: (live) => applyOnto(context, live, applied) });
  return answerObject(at, outcome.status, scaleOf(objectOf(outcome), kind.scale!));
}

/** A custom resource need not say how many it wants; then there is nothing to be scaled. */
function checkPath({ custom, scale: paths }: Kind, object: AnyObject): void {
  if (!custom || getPath(object, paths!.spec) !== undefined) return;
  throw new ApiError('InternalError', `Internal error occurred: the spec replicas field ${JSON.stringify(paths!.spec)} does not exist`);
}

interface ScaleObject extends AnyObject {
  readonly spec?: { readonly replicas?: number };
}

async function setScale(at: ResourceRequest, context: WriteContext, propose: (current: AnyObject) => AnyObject): Promise<ApiResponse> {
  const { kind } = at.served;
  const paths = kind.scale!;
  const outcome = await modify(context, {
    scope: 'whole',
    shown: shownScale(paths),
    transform: (object) => {
      const current = scaleOf(object, paths);
      const wanted = propose(current) as ScaleObject;
      const replicas = wanted.spec?.replicas ?? 0;
      checkReplicas(replicas, object.metadata.name);
      // A stated version or uid is checked by `modify` as if it stood on the object.
      const { resourceVersion, uid } = wanted.metadata;
      const metadata = { ...object.metadata, ...(resourceVersion ? { resourceVersion } : {}), ...(uid ? { uid } : {}) };
      return trackUpdate(context, setPath({ ...object, metadata }, paths.spec, replicas) as AnyObject, object);
    },
  });
  return answerObject(at, outcome.status, scaleOf(objectOf(outcome), paths));
}

/** Webhooks and policies are shown the Scale, and may change its number. */
const shownScale = (paths: ScalePaths): Shown => ({
  kind: { group: Scale.group, version: Scale.version, kind: Scale.kind },
  show: (object) => scaleOf(object, paths),
  take: (object, changed) => {
    const replicas = (decodeObject(Scale, changed).value as ScaleObject).spec?.replicas ?? 0;
    checkReplicas(replicas, object.metadata.name);
    return replicas === (getPath(object, paths.spec) ?? 0) ? object : (setPath(object, paths.spec, replicas) as AnyObject);
  },
});

function checkReplicas(replicas: number, name: string): void {
  if (replicas >= 0) return;
  throw invalidObject({ group: 'autoscaling', kind: 'Scale' }, name, [invalid(FieldPath.of('spec.replicas'), replicas, 'must be greater than or equal to 0')]);
}

const objectOf = (outcome: Outcome): AnyObject => ('version' in outcome ? outcome.version.object : (outcome.object as AnyObject));

function scaleOf({ metadata, ...object }: AnyObject, paths: ScalePaths): ScaleObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const replicas = getPath(object, paths.spec);
  const selector = paths.selector === undefined ? '' : selectorText(getPath(object, paths.selector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace ? { namespace } : {}), uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: { replicas: Number(getPath(object, paths.status) ?? 0), ...(selector === '' ? {} : { selector }) },
  };
}

/** A LabelSelector, a plain map (replication controllers) or text (custom resources). */
function selectorText(selector: unknown): string {
  if (typeof selector === 'string') return selector;
  if (typeof selector !== 'object' || selector === null) return '';
  const isMap = Object.values(selector).every((value) => typeof value === 'string');
  return formatRequirements(requirementsOf((isMap ? { matchLabels: selector } : selector) as LabelSelector));
}

const steps = (path: string): readonly string[] => path.split('.').filter((step) => step !== '');

function getPath(object: unknown, path: string): unknown {
  return steps(path).reduce<unknown>((value, step) => (typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined), object);
}

function setPath(object: unknown, path: string, value: unknown): unknown {
  const [step, ...rest] = steps(path);
  if (step === undefined) return value;
  const inner = (typeof object === 'object' && object !== null ? object : {}) as Readonly<Record<string, unknown>>;
  return { ...inner, [step]: setPath(inner[step], rest.join('.'), value) };
}
