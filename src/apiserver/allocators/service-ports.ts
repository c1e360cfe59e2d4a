import { ApiError, invalidObject } from '../../meta/api-error.ts';
import { FieldPath, invalid } from '../../meta/field-error.ts';
import type { NodePorts } from './node-ports.ts';
import { exposes, needsHealthPort, type ServicePort, type ServiceSpec } from './service-spec.ts';

const SPEC = FieldPath.of('spec');
const HEALTH = 'cannot change healthCheckNodePort on loadBalancer service with externalTraffic=Local during update';

/** The node ports a spec keeps from others. */
export function portsOf(spec: ServiceSpec): readonly number[] {
  const ports = exposes(spec) ? (spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : [])) : [];
  return needsHealthPort(spec) && spec.healthCheckNodePort ? [...ports, spec.healthCheckNodePort] : ports;
}

interface Surroundings {
  readonly ports: NodePorts;
  /** The Service's. */
  readonly name: string;
  readonly old: ServiceSpec | undefined;
}

/** Gives node ports, the health check's too, to those of a Service's ports that need one. @throws ApiError */
export function allocatePorts(spec: ServiceSpec, at: Surroundings): ServiceSpec {
  const work = new PortWork(at);
  const given = exposes(spec) && spec.ports ? { ...spec, ports: at.old ? work.update(spec, spec.ports) : work.create(spec, spec.ports) } : spec;
  return withHealthPort(given, work, at);
}

function withHealthPort(spec: ServiceSpec, work: PortWork, { name, old }: Surroundings): ServiceSpec {
  const { healthCheckNodePort: port = 0, ...rest } = spec;
  const needed = old !== undefined && needsHealthPort(old);
  if (!needsHealthPort(spec)) return needed ? rest : spec;
  if (!needed) return { ...rest, healthCheckNodePort: work.health(port) };
  if (port !== (old.healthCheckNodePort ?? 0)) throw invalidObject({ group: '', kind: 'Service' }, name, [invalid(SPEC.child('healthCheckNodePort'), port, HEALTH)]);
  return spec;
}

const wantsPorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean => type === 'NodePort' || allocateLoadBalancerNodePorts !== false;

/** One Service's allocation under way. */
class PortWork {
  readonly #ports: NodePorts;
  readonly #name: string;
  /** What it has already. */
  readonly #held: ReadonlySet<number>;
  /** What it takes now. */
  readonly #taken = new Set<number>();

  constructor({ ports, name, old }: Surroundings) {
    this.#ports = ports;
    this.#name = name;
    this.#held = new Set(old ? portsOf(old) : []);
  }

  /** Ports of one number share a node port, whatever their protocols. */
  create(spec: ServiceSpec, ports: readonly ServicePort[]): readonly ServicePort[] {
    const shared = new Map<number, number>();
    return ports.map((port, index) => {
      if (!port.nodePort && !wantsPorts(spec)) return port;
      const known = shared.get(port.port);
      const asked = known === undefined ? ports.find((one) => one.port === port.port && one.nodePort)?.nodePort : port.nodePort;
      const nodePort = asked === undefined || asked === 0 ? (known ?? this.#next('a nodePort')) : asked === known ? asked : this.#take(asked, index);
      if (known === undefined) shared.set(port.port, nodePort);
      return { ...port, nodePort };
    });
  }

  update(spec: ServiceSpec, ports: readonly ServicePort[]): readonly ServicePort[] {
    const asked = new Set(ports.map(({ nodePort }) => nodePort ?? 0));
    return ports.map((port, index) => {
      if (!port.nodePort) return wantsPorts(spec) ? { ...port, nodePort: this.#next('a nodePort', asked) } : port;
      if (!this.#held.has(port.nodePort) && !this.#taken.has(port.nodePort)) this.#take(port.nodePort, index);
      return port;
    });
  }

  health(port: number): number {
    if (port === 0) return this.#next('a HealthCheck NodePort 0');
    const why = this.#problem(port);
    if (why) throw new ApiError('InternalError', `Internal error occurred: failed to allocate requested HealthCheck NodePort ${port}: ${why}`);
    this.#taken.add(port);
    return port;
  }

  #problem(port: number): string | undefined {
    const { range: { from, to }, text } = this.#ports;
    if (port < from || port > to) return `provided port is not in the valid range. The range of valid ports is ${text}`;
    return this.#taken.has(port) || this.#ports.isTaken(port) ? 'provided port is already allocated' : undefined;
  }

  #take(port: number, index: number): number {
    const why = this.#problem(port);
    if (why) throw invalidObject({ group: '', kind: 'Service' }, this.#name, [invalid(SPEC.child('ports').index(index).child('nodePort'), port, why)]);
    this.#taken.add(port);
    return port;
  }

  #next(what: string, besides: ReadonlySet<number> = new Set()): number {
    const port = this.#ports.free(new Set([...this.#taken, ...this.#held, ...besides]));
    if (port === undefined) throw new ApiError('InternalError', `Internal error occurred: failed to allocate ${what}: range is full`);
    this.#taken.add(port);
    return port;
  }
}
