import type { Entry } from '../../store/index.ts';
import type { Version } from '../watch-cache/version.ts';
import type { Finding } from './ip-repair.ts';
import { NODE_PORTS, type PortRange } from './node-ports.ts';
import { portsOf } from './service-ports.ts';
import { specOf } from './service-spec.ts';

export interface PortRepairPlan {
  readonly missing: readonly { readonly port: number; readonly service: Version; readonly finding: Finding }[];
  /** Keys that no Service stands behind. */
  readonly leaked: readonly Entry[];
  readonly findings: readonly Finding[];
}

/** Makes Services and the keys of node ports agree. @param taken the keys, no younger than the Services */
export function planPortRepair({ services, taken, range }: { readonly services: readonly Version[]; readonly taken: readonly Entry[]; readonly range: PortRange }): PortRepairPlan {
  const keys = new Set(taken.map(({ key }) => key));
  const used = new Map<number, Version>();
  const missing: PortRepairPlan['missing'][number][] = [];
  const findings: Finding[] = [];
  for (const service of services) {
    const finding = (reason: string, note: string): Finding => ({ regarding: service.object, reason, action: '', note });
    for (const port of new Set(portsOf(specOf(service.object)))) {
      if (port < range.from || port > range.to) {
        findings.push(finding('PortOutOfRange', `Port ${port} is not within the port range ${range.from}-${range.to}; please recreate service`));
      } else if (used.has(port)) {
        findings.push(finding('PortAlreadyAllocated', `Port ${port} was assigned to multiple services; please recreate service`));
      } else if (!keys.has(NODE_PORTS + port)) {
        missing.push({ port, service, finding: finding('PortNotAllocated', `Port ${port} is not allocated; repairing`) });
      }
      if (!used.has(port)) used.set(port, service);
    }
  }
  return { missing, findings, leaked: taken.filter(({ key }) => !used.has(Number(key.slice(NODE_PORTS.length)))) };
}
