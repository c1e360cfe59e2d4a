import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Client, Informers } from '../../client/index.ts';
import { startIngress } from '../../ingress/index.ts';
import { INGRESS_PORTS, INGRESS_SERVICE } from '../../rules/built-in-ingress.ts';
import { issueCa, issueLeaf } from '../../wire/node/issue.ts';
import type { NodePlace } from '../settings.ts';
import { removeOwnSlice, writeOwnSlice } from './own-slice.ts';

export interface NodeIngressOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly node: NodePlace;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** What HTTP clients believe they ask: the Service's ports. */
const SHOWN = { http: 80, https: 443 };

/** Answers for Ingresses on the node's own address, and says so in an EndpointSlice of their Service. */
export function startNodeIngress({ client, informers, node, clock, random, log }: NodeIngressOptions): AsyncDisposable {
  const endpoint = { service: INGRESS_SERVICE, ports: [] };
  return startIngress({
    informers, clock, log, host: node.address, ports: INGRESS_PORTS, shown: SHOWN,
    fallback: () => placeholder(clock, random),
    async announce(answering) {
      const ports = [...answering].map(([name, port]) => ({ name, port, protocol: 'TCP' as const }));
      await (ports.length > 0 ? writeOwnSlice({ client, node }, { ...endpoint, ports }) : removeOwnSlice({ client, node }, endpoint));
    },
  });
}

/** For hosts that nobody gave a certificate: clients see at once that it is none. */
function placeholder(clock: Clock, random: Random): { readonly cert: string; readonly key: string } {
  const names = { commonName: 'Kubernetes Ingress Controller Fake Certificate', organizations: ['Acme Co'], use: 'server' as const, dnsNames: ['ingress.local'], addresses: [] };
  return issueLeaf(names, issueCa('knarr ingress', clock.now(), random), { now: clock.now(), random });
}
