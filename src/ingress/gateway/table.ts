import { attach, oldestFirst, type LabelsOf, type ListenerPlan } from '../../rules/gateway/attach.ts';
import type { ReferenceGrant, Route } from '../../rules/gateway/kinds.ts';
import { certificatesOf } from '../../rules/gateway/references.ts';
import type { Asked } from '../action.ts';
import type { SecretRef } from '../routes.ts';
import { HostTable } from './host-table.ts';
import { compileRoute, type CompiledRule } from './rules.ts';

/** One listener's part: those of several Gateways with one port and hostname are one. */
interface ListenerTable {
  readonly rules: HostTable<CompiledRule[]>;
  readonly secrets: SecretRef[];
}

export interface GatewayTable {
  /** Listeners by the port that clients ask. */
  readonly ports: ReadonlyMap<number, PortTable>;
  /** Every Secret with a certificate for a listener. */
  readonly secrets: readonly SecretRef[];
}

interface PortTable {
  readonly proto: 'http' | 'https';
  readonly listeners: HostTable<ListenerTable>;
}

export interface GatewayWorld {
  readonly listeners: readonly ListenerPlan[];
  readonly routes: readonly Route[];
  readonly grants: readonly ReferenceGrant[];
  readonly labelsOf: LabelsOf;
}

export const NO_GATEWAYS: GatewayTable = { ports: new Map(), secrets: [] };

/** Which rules answer where. Pure. */
export function planGateways({ listeners, routes, grants, labelsOf }: GatewayWorld): GatewayTable {
  const ports = new Map<number, PortTable>();
  const tables = new Map<ListenerPlan, ListenerTable>();
  for (const plan of listeners) {
    const { listener, gateway, accepted } = plan;
    if (!accepted.ok) continue;
    const port = ports.get(listener.port) ?? { proto: listener.protocol === 'HTTPS' ? 'https' as const : 'http' as const, listeners: new HostTable<ListenerTable>() };
    ports.set(listener.port, port);
    const table = port.listeners.entry(listener.hostname, () => ({ rules: new HostTable<CompiledRule[]>(), secrets: [] }));
    tables.set(plan, table);
    if (listener.protocol === 'HTTPS') table.secrets.push(...certificatesOf(listener, gateway.metadata.namespace ?? '', grants).secrets);
  }
  for (const route of routes.toSorted(oldestFirst)) {
    const places = attach(route, listeners, labelsOf).flatMap((one) => one.places);
    if (places.length === 0) continue;
    const rules = compileRoute(route, grants);
    // Two parents of a route may be one listener here.
    const spots = new Set(places.flatMap(({ plan, hostnames }) => hostnames.map((host) => tables.get(plan)!.rules.entry(host, () => []))));
    for (const list of spots) list.push(...rules);
  }
  for (const { rules } of tables.values()) for (const list of rules.values()) list.sort(highestFirst);
  return { ports, secrets: [...tables.values()].flatMap(({ secrets }) => secrets) };
}

function highestFirst({ matcher: { rank: a } }: CompiledRule, { matcher: { rank: b } }: CompiledRule): number {
  const at = a.findIndex((one, n) => one !== b[n]);
  return at < 0 ? 0 : (b[at] ?? 0) - a[at]!;
}

export interface Found {
  readonly rule?: CompiledRule;
  /** How narrowly the rule names the host: 2 by its name, 1 by a wildcard, 0 not at all. */
  readonly narrow: number;
  /** Whether the same is found for every request to this host and path. */
  readonly steady: boolean;
}

/** The rule for a request: the narrowest listener answers alone, by its narrowest names first. `host` as `hostOf` has it. */
export function ruleFor({ ports }: GatewayTable, asked: Asked, host: string): Found {
  const listener = ports.get(asked.asker.port)?.listeners.covering(host)[0];
  let steady = true;
  for (const { value: rules, narrow } of listener?.value.rules.covering(host) ?? []) {
    for (const rule of rules) {
      steady &&= rule.matcher.steadyFor(asked.path);
      if (rule.matcher.test(asked)) return { rule, narrow, steady };
    }
  }
  return { narrow: -1, steady };
}

/** The Secrets whose certificates are for a name at a port, the first to be used that can be; `narrow` as for rules. */
export function secretsFor({ ports }: GatewayTable, host: string, port: number): { readonly secrets: readonly SecretRef[]; readonly narrow: number } | undefined {
  const found = ports.get(port)?.listeners.covering(host)[0];
  return found && { secrets: found.value.secrets, narrow: found.narrow };
}
