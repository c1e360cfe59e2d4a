import type { Endpoint, EndpointSlice } from '../kinds/discovery/endpoint-slice.ts';
import type { Backend, ProxyNode } from './ruleset.ts';

/** An endpoint behind one port, with what decides whether traffic may go there. */
interface Candidate extends Backend {
  readonly ready: boolean;
  /** Still answers, though it is on its way out: better than nothing (KEP-1669). */
  readonly serving: boolean;
  readonly nodeHints: readonly string[];
  readonly zoneHints: readonly string[];
}

export interface Backends {
  /** Where traffic goes under the policy Cluster. */
  readonly cluster: readonly Backend[];
  /** Where it goes under the policy Local. */
  readonly local: readonly Backend[];
}

/** The endpoints behind one port of a Service, out of its slices. */
export function backendsOf(slices: readonly EndpointSlice[], port: { name: string; protocol: string }, node: ProxyNode): Backends {
  const candidates = new Map<string, Candidate>();
  for (const slice of slices) {
    const number = slice.ports?.find(({ name, protocol }) => (name ?? '') === port.name && (protocol ?? 'TCP') === port.protocol)?.port;
    if (number === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const candidate = candidateOf(endpoint, number, node);
      const key = `${candidate.address}:${candidate.port}`;
      // While an endpoint moves between slices it may be in two; the ready one counts.
      if (candidate.address !== '' && !candidates.get(key)?.ready) candidates.set(key, candidate);
    }
  }
  const all = [...candidates.values()].toSorted(byAddress);
  return { cluster: usable(near(all, node)), local: usable(all.filter(({ local }) => local)) };
}

function candidateOf({ addresses, conditions, nodeName, hints }: Endpoint, port: number, node: ProxyNode): Candidate {
  const ready = conditions.ready !== false;
  return {
    address: addresses[0] ?? '',
    port,
    local: nodeName === node.name,
    mayAsk: nodeName === undefined || nodeName === node.name,
    ready: ready && conditions.terminating !== true,
    serving: conditions.serving ?? ready,
    nodeHints: hints?.forNodes?.map(({ name }) => name) ?? [],
    zoneHints: hints?.forZones?.map(({ name }) => name) ?? [],
  };
}

/** The ready ones; where there is none, those that still serve while they end. */
function usable(candidates: readonly Candidate[]): readonly Backend[] {
  const ready = candidates.filter((one) => one.ready);
  const plain = ({ address, port, local, mayAsk }: Candidate): Backend => ({ address, port, local, mayAsk });
  return ready.length > 0 ? ready.map(plain) : candidates.filter((one) => one.serving).map((one) => ({ ...plain(one), ending: true }));
}

/**
 * Follows the hints of trafficDistribution, for the node first, else for its zone; but only where every ready endpoint has
 * one and one of them is for us: half-known hints would leave nodes without endpoints (KEP-2433, KEP-3015).
 */
function near(all: readonly Candidate[], node: ProxyNode): readonly Candidate[] {
  const ready = all.filter((one) => one.ready);
  const hinted = (hints: (one: Candidate) => readonly string[], wanted: string | undefined): readonly Candidate[] | undefined => {
    if (wanted === undefined || ready.some((one) => hints(one).length === 0)) return undefined;
    const ours = ready.filter((one) => hints(one).includes(wanted));
    return ours.length > 0 ? ours : undefined;
  };
  return hinted((one) => one.nodeHints, node.name) ?? hinted((one) => one.zoneHints, node.zone) ?? all;
}

function byAddress(a: Backend, b: Backend): number {
  return a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port;
}
