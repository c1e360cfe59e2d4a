import { matchesLabelSelector } from '../../meta/label-selector.ts';
import type { KubeObject } from '../../meta/object.ts';
import { MAIN_PORTS } from './built-in-gateway.ts';
import { commonHostnames } from './hostnames.ts';
import { GATEWAY_GROUP, type Gateway, type Listener, type ParentReference, type Route, type RouteGroupKind, type RouteKind } from './kinds.ts';

/** A condition's word and what it says; `ok` where there is nothing to mend. */
export interface Verdict {
  readonly ok: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface ListenerPlan {
  readonly gateway: Gateway;
  readonly listener: Listener;
  /** Of the kinds that it allows. */
  readonly supported: readonly RouteKind[];
  /** Whether it allows others that nobody serves here. */
  readonly strangeKinds: boolean;
  readonly accepted: Verdict;
  readonly conflict?: Verdict;
}

export interface Landscape {
  /** Those of the built-in controller alone. */
  readonly gateways: readonly Gateway[];
  /** The kinds of routes that the API serves. */
  readonly served: readonly RouteKind[];
  /** Why nothing can listen there, if nothing can. */
  readonly taken?: (port: number) => string | undefined;
}

const accepted: Verdict = { ok: true, reason: 'Accepted', message: '' };
const no = (reason: string, message: string): Verdict => ({ ok: false, reason, message });

/** Every listener of these Gateways. They share the nodes' addresses: a port speaks what the oldest listener of it does. Pure. */
export function planListeners({ gateways, served, taken }: Landscape): readonly ListenerPlan[] {
  const spoken = new Map(MAIN_PORTS);
  return gateways.toSorted(oldestFirst).flatMap((gateway) => {
    const { listeners } = gateway.spec;
    const plans = listeners.map((listener) => {
      const conflict = conflictOf(listener, listeners);
      const protocol = spoken.get(listener.port) ?? listener.protocol;
      const verdict = conflict ?? unsupported(listener) ?? otherwiseSpoken(listener, protocol) ?? inUse(taken?.(listener.port)) ?? accepted;
      return { gateway, listener, ...kindsOf(listener, served), accepted: verdict, ...(conflict ? { conflict } : {}) };
    });
    for (const plan of plans) if (plan.accepted.ok && !spoken.has(plan.listener.port)) spoken.set(plan.listener.port, plan.listener.protocol);
    return plans;
  });
}

export function oldestFirst({ metadata: a }: KubeObject, { metadata: b }: KubeObject): number {
  const [left, right] = [a, b].map(({ creationTimestamp, namespace, name }) => `${creationTimestamp} ${namespace}/${name}`);
  return left! < right! ? -1 : Number(left! > right!);
}

/** With a sibling: of two that cannot be told apart neither is served. */
function conflictOf(listener: Listener, siblings: readonly Listener[]): Verdict | undefined {
  const samePort = siblings.filter((one) => one !== listener && one.port === listener.port);
  if (samePort.some(({ protocol }) => protocol !== listener.protocol)) return no('ProtocolConflict', `Another listener speaks another protocol on port ${listener.port}`);
  if (samePort.some(({ hostname = '' }) => hostname.toLowerCase() === (listener.hostname ?? '').toLowerCase())) return no('HostnameConflict', `Another listener has the same hostname on port ${listener.port}`);
  return undefined;
}

function unsupported({ protocol, tls }: Listener): Verdict | undefined {
  if (protocol !== 'HTTP' && protocol !== 'HTTPS') return no('UnsupportedProtocol', `Protocol "${protocol}" is not supported: only HTTP and HTTPS are`);
  return protocol === 'HTTPS' && (tls?.mode ?? 'Terminate') !== 'Terminate' ? no('UnsupportedValue', `TLS mode "${tls?.mode}" is not supported for HTTPS`) : undefined;
}

const otherwiseSpoken = ({ port, protocol }: Listener, spoken: string): Verdict | undefined =>
  (spoken === protocol ? undefined : no('PortUnavailable', `Port ${port} speaks ${spoken} on the nodes, whose addresses all gateways share`));
const inUse = (why: string | undefined): Verdict | undefined => (why === undefined ? undefined : no('PortUnavailable', why));

function kindsOf({ allowedRoutes, protocol }: Listener, served: readonly RouteKind[]): Pick<ListenerPlan, 'supported' | 'strangeKinds'> {
  const known = protocol === 'HTTP' || protocol === 'HTTPS' ? served : [];
  const wanted = allowedRoutes?.kinds;
  if (!wanted?.length) return { supported: known, strangeKinds: false };
  const isOf = (kind: RouteKind, { group = GATEWAY_GROUP, kind: name }: RouteGroupKind): boolean => group === GATEWAY_GROUP && name === kind;
  return { supported: known.filter((kind) => wanted.some((one) => isOf(kind, one))), strangeKinds: wanted.some((one) => !known.some((kind) => isOf(kind, one))) };
}

/** What became of one parentRef of a route. */
export interface Attachment {
  readonly parent: ParentReference;
  readonly accepted: Verdict;
  /** Where the route counts, for which names: '' for every one. */
  readonly places: readonly { readonly plan: ListenerPlan; readonly hostnames: readonly string[] }[];
}

export type LabelsOf = (namespace: string) => Readonly<Record<string, string>> | undefined;

/** A route's parents among these listeners' Gateways; of others nothing is said. Pure. */
export function attach(route: Route, listeners: readonly ListenerPlan[], labelsOf: LabelsOf): readonly Attachment[] {
  const { namespace = '' } = route.metadata;
  return (route.spec.parentRefs ?? []).flatMap((parent): Attachment[] => {
    if ((parent.group ?? GATEWAY_GROUP) !== GATEWAY_GROUP || (parent.kind ?? 'Gateway') !== 'Gateway') return [];
    const ofGateway = listeners.filter(({ gateway: { metadata } }) => metadata.name === parent.name && metadata.namespace === (parent.namespace ?? namespace));
    if (ofGateway.length === 0) return [];
    const refused = (reason: string, message: string): Attachment[] => [{ parent, accepted: no(reason, message), places: [] }];
    const named = ofGateway.filter(({ listener: { name, port } }) => (parent.sectionName === undefined || name === parent.sectionName) && (parent.port === undefined || port === parent.port));
    if (named.length === 0) return refused('NoMatchingParent', 'No listener matches this parent ref');
    const willing = named.filter((plan) => plan.accepted.ok && plan.supported.some((kind) => kind === route.kind) && letsIn(plan, namespace, labelsOf));
    if (willing.length === 0) return refused('NotAllowedByListeners', 'No listener included by this parent ref allowed this attachment');
    const places = willing.map((plan) => ({ plan, hostnames: commonHostnames(plan.listener.hostname, route.spec.hostnames) })).filter(({ hostnames }) => hostnames.length > 0);
    if (places.length === 0) return refused('NoMatchingListenerHostname', 'There were no hostname intersections between the route and this parent ref\'s listener(s)');
    return [{ parent, accepted: { ...accepted, message: 'Route is accepted' }, places }];
  });
}

function letsIn({ gateway, listener }: ListenerPlan, namespace: string, labelsOf: LabelsOf): boolean {
  const { from = 'Same', selector } = listener.allowedRoutes?.namespaces ?? {};
  if (from === 'All') return true;
  if (from === 'Same') return namespace === gateway.metadata.namespace;
  return from === 'Selector' && matchesLabelSelector(selector, labelsOf(namespace));
}
