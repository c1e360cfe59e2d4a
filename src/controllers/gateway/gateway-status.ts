import type { Secret } from '../../kinds/core/secret.ts';
import { attach, type ListenerPlan, type Verdict } from '../../rules/gateway/attach.ts';
import { furtherPortName, MAIN_PORTS } from '../../rules/gateway/built-in-gateway.ts';
import { GATEWAY_GROUP, type Address, type Gateway, type ListenerStatus } from '../../rules/gateway/kinds.ts';
import { certificatesOf } from '../../rules/gateway/references.ts';
import { conditionsFor, no, yes, type Stamp } from './conditions.ts';
import type { World } from './world.ts';

export interface StatusSources extends World {
  readonly secretOf: (name: string, namespace: string) => Secret | undefined;
}

/** A Gateway's status as it should be. Pure. */
export function planGatewayStatus(gateway: Gateway, world: StatusSources, stamp: Stamp): NonNullable<Gateway['status']> {
  const listeners = world.listeners.filter((one) => one.gateway === gateway);
  const given = addressesOf(world);
  const attached = countAttached(world, listeners);
  const placed = place(gateway, given);
  const states = listeners.map((plan) => ({ plan, ...judge(plan, world, placed.addresses.length > 0) }));
  const well = states.filter(({ plan }) => plan.accepted.ok);
  const accepted = refusal(gateway) ?? placed.unsupported ?? acceptance(well.length, states.length);
  const programmed = !accepted.ok ? no('Invalid', 'Gateway is not accepted')
    : placed.unusable ?? (states.some((one) => one.programmed.ok) ? yes('Programmed', 'Gateway is programmed')
      : states.some((one) => one.programmed.reason === 'Pending') ? no('Pending', 'Waiting for the nodes to listen') : no('Invalid', 'No listener is valid'));
  return {
    addresses: placed.addresses,
    conditions: conditionsFor({ Accepted: accepted, Programmed: programmed }, gateway.status?.conditions, stamp),
    listeners: states.map(({ plan, resolved, programmed: ready }) => {
      const before = gateway.status?.listeners?.find(({ name }) => name === plan.listener.name);
      return { ...listenerStatus({ plan, resolved, ready }, before, stamp), attachedRoutes: attached.get(plan) ?? 0 };
    }),
  };
}

/** How many routes each listener of one Gateway has. */
function countAttached({ routes, labelsOf }: World, listeners: readonly ListenerPlan[]): ReadonlyMap<ListenerPlan, number> {
  const counts = new Map<ListenerPlan, number>();
  for (const route of routes) {
    const places = new Set(attach(route, listeners, labelsOf).flatMap((one) => one.places.map(({ plan }) => plan)));
    for (const plan of places) counts.set(plan, (counts.get(plan) ?? 0) + 1);
  }
  return counts;
}

function refusal({ spec }: Gateway): Verdict | undefined {
  const ref = spec.infrastructure?.parametersRef;
  return ref && no('InvalidParameters', `Parameters of kind ${ref.kind} are not supported`);
}

function acceptance(well: number, all: number): Verdict {
  if (well === all) return yes('Accepted', 'Gateway is accepted');
  return { ok: well > 0, reason: 'ListenersNotValid', message: `${all - well} of ${all} listeners are not valid` };
}

/** Where the entrance is reached. */
function addressesOf({ entrance }: World): readonly Address[] {
  return (entrance?.status.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => (ip ? [{ type: 'IPAddress', value: ip }] : hostname ? [{ type: 'Hostname', value: hostname }] : []));
}

interface Placed {
  readonly addresses: readonly Address[];
  readonly unsupported?: Verdict;
  readonly unusable?: Verdict;
}

/** Of the nodes' addresses those that the Gateway asks for, all where it asks for none. */
function place({ spec }: Gateway, given: readonly Address[]): Placed {
  const asked = (spec.addresses ?? []).filter(({ value }) => value !== undefined && value !== '');
  const strange = (spec.addresses ?? []).find(({ type = 'IPAddress' }) => type !== 'IPAddress' && type !== 'Hostname');
  if (strange) return { addresses: [], unsupported: no('UnsupportedAddress', `Addresses of type ${strange.type} are not supported`) };
  if (given.length === 0) return { addresses: [], unusable: no('AddressNotAssigned', 'No address has been assigned to the Gateway') };
  if (asked.length === 0) return { addresses: given };
  const addresses = given.filter(({ value }) => asked.some((one) => one.value === value));
  const missing = asked.find(({ value }) => !given.some((one) => one.value === value));
  return { addresses, ...(missing ? { unusable: no('AddressNotUsable', `${missing.value} is no address of a node`) } : {}) };
}

/** Whether a listener's references hold, and whether it is answered for. */
function judge(plan: ListenerPlan, world: StatusSources, reached: boolean): { readonly resolved: Verdict; readonly programmed: Verdict } {
  const certificates = certificateVerdict(plan, world);
  const resolved = !certificates.ok ? certificates : plan.strangeKinds ? no('InvalidRouteKinds', 'A kind of route is not supported') : certificates;
  if (!plan.accepted.ok) return { resolved, programmed: no('Invalid', plan.accepted.message) };
  if (!certificates.ok) return { resolved, programmed: no('Invalid', certificates.message) };
  if (plan.supported.length === 0) return { resolved, programmed: no('Invalid', 'No kind of route is supported') };
  const { port } = plan.listener;
  const led = MAIN_PORTS.has(port) || world.entrance?.spec.ports?.some(({ name }) => name === furtherPortName(port));
  return { resolved, programmed: led && reached ? yes('Programmed', 'Listener is programmed') : no('Pending', 'Waiting for the nodes to listen') };
}

function certificateVerdict({ gateway, listener }: ListenerPlan, { grants, secretOf }: StatusSources): Verdict {
  const fine = yes('ResolvedRefs', 'All references are resolved');
  if (listener.protocol !== 'HTTPS') return fine;
  const { secrets, problem } = certificatesOf(listener, gateway.metadata.namespace ?? '', grants);
  if (problem === 'RefNotPermitted') return no(problem, 'A certificate reference to another namespace is not permitted by any ReferenceGrant');
  if (problem) return no(problem, 'A certificate reference is not to a Secret');
  const bad = secrets.find(({ name, namespace }) => !holdsCertificate(secretOf(name, namespace)));
  return bad ? no('InvalidCertificateRef', `Secret ${bad.namespace}/${bad.name} does not exist or holds no certificate`) : fine;
}

const PEM = /-----BEGIN ([A-Z ]+)-----\s[A-Za-z0-9+/=\s]+-----END \1-----/;

/** As far as can be told without a cryptographer. */
function holdsCertificate(secret: Secret | undefined): boolean {
  const of = (name: string): string => {
    try {
      return PEM.exec(atob(secret?.data?.[name] ?? ''))?.[1] ?? '';
    } catch {
      return ''; // no base64
    }
  };
  return of('tls.crt') === 'CERTIFICATE' && of('tls.key').endsWith('PRIVATE KEY');
}

interface ListenerState {
  readonly plan: ListenerPlan;
  readonly resolved: Verdict;
  readonly ready: Verdict;
}

function listenerStatus({ plan, resolved, ready }: ListenerState, before: ListenerStatus | undefined, stamp: Stamp): Omit<ListenerStatus, 'attachedRoutes'> {
  const verdicts = {
    Accepted: plan.accepted.ok ? yes('Accepted', 'Listener is accepted') : plan.accepted,
    Conflicted: plan.conflict ? { ...plan.conflict, ok: true } : no('NoConflicts'),
    ResolvedRefs: resolved,
    Programmed: ready,
  };
  const supportedKinds = plan.supported.map((kind) => ({ group: GATEWAY_GROUP, kind }));
  return { name: plan.listener.name, supportedKinds, conditions: conditionsFor(verdicts, before?.conditions, stamp) };
}
