import { badRequest, conflict, invalidObject } from '../../meta/api-error.ts';
import { FieldPath, notSupported, required } from '../../meta/field-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { Binding } from '../../kinds/core/binding.ts';
import { decodeObject } from '../../schema/decode.ts';
import type { ApiResponse } from '../../wire/api.ts';
import { admitBody } from './admit-body.ts';
import { checkKind } from '../body.ts';
import { modify } from '../registry/update.ts';
import { timestamp } from '../registry/write-context.ts';
import { answerObject, bodyOf, type ResourceRequest, writeContext } from '../resource-request.ts';
import { success } from '../respond.ts';
import type { Subresource } from './table.ts';

const SUBJECT = { group: '', plural: 'pods/binding' };

interface BindingObject extends AnyObject {
  readonly target?: { readonly kind?: string; readonly name?: string };
}

interface PodSpec {
  readonly nodeName?: string;
  readonly schedulingGates?: readonly unknown[];
}

/** Assigns a pod to a node: what a scheduler's verdict comes to. */
export const binding: Subresource = { create: (at) => bind(at, at.exchange.info.name) };

/** Also served as a collection of its own, `POST /api/v1/namespaces/x/bindings`. */
export async function bind(at: ResourceRequest, podName: string): Promise<ApiResponse> {
  const given = decodeObject(Binding, checkKind(at.core.resources.kinds(), Binding, bodyOf(at, 'Binding'))).value;
  if (podName !== '' && given.metadata.name !== podName) throw badRequest('name in URL does not match name in Binding object');
  const name = podName || given.metadata.name || '';
  const body: BindingObject = await admitBody(at, given, { kind: Binding, subresource: 'binding', name });
  const { kind = '', name: node = '' } = body.target ?? {};
  const target = FieldPath.of('target');
  if (kind !== '' && kind !== 'Node') throw invalidObject(Binding, name, [notSupported(target.child('kind'), kind, ['Node', '<empty>'])]);
  if (node === '') throw invalidObject(Binding, name, [required(target.child('name'))]);
  await modify(writeContext(at, 'CreateOptions', { name }), {
    scope: 'whole',
    trusted: true,
    transform: (pod) => assigned(pod, { binding: body, node, now: at.core.clock.now() }),
  });
  return answerObject(at, 201, { ...success(), code: 201 });
}

function assigned(pod: AnyObject, { binding: { metadata }, node, now }: { binding: BindingObject; node: string; now: number }): AnyObject {
  const spec = pod['spec'] as PodSpec;
  const { name } = pod.metadata;
  if (metadata.uid && metadata.uid !== pod.metadata.uid) {
    throw conflict(SUBJECT, name, `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata.uid}`);
  }
  if (pod.metadata.deletionTimestamp) throw conflict(SUBJECT, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (spec.nodeName) throw conflict(SUBJECT, name, `pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
  if (spec.schedulingGates?.length) throw conflict(SUBJECT, name, `pod ${name} has non-empty .spec.schedulingGates`);
  const { annotations, labels } = metadata;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(annotations ? { annotations: { ...pod.metadata.annotations, ...annotations } } : {}),
      ...(labels ? { labels: { ...pod.metadata.labels, ...labels } } : {}),
    },
    spec: { ...spec, nodeName: node },
    status: withCondition(withoutNomination(pod['status']), { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: timestamp(now) }),
  };
}

/** What the pod was promised or expected to get, it has now (ClearingNominatedNodeNameAfterBinding, on since v1.35). */
function withoutNomination(status: unknown): object {
  const { nominatedNodeName: _, ...others } = (status ?? {}) as { readonly nominatedNodeName?: string };
  return others;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly [field: string]: unknown;
}

/** Sets one of a pod's conditions; the time of transition stays where the status does. */
export function withCondition(status: unknown, condition: Condition): object {
  const before = (status ?? {}) as { readonly conditions?: readonly Condition[] };
  const conditions = before.conditions ?? [];
  const present = conditions.find(({ type }) => type === condition.type);
  const next = present?.status === condition.status ? { ...condition, lastTransitionTime: present['lastTransitionTime'] } : condition;
  return { ...before, conditions: present ? conditions.map((one) => (one === present ? next : one)) : [...conditions, next] };
}
