import type { Millis } from '../../base/clock.ts';
import type { AnyObject } from '../../meta/object.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import type { ApiHandler } from '../../wire/api.ts';
import { ensure } from '../bootstrap/run.ts';
import { send } from '../bootstrap/send.ts';
import { defaultServiceCidr, SERVICE_CIDR } from '../bootstrap/system-objects.ts';
import type { Core } from '../core.ts';
import { timestamp } from '../registry/write-context.ts';
import { end } from '../watch-cache/resource-cache.ts';
import type { Version } from '../watch-cache/version.ts';
import { cidrsOf } from './cluster-ips.ts';
import { type Finding, type IpRepair, planIpRepair } from './ip-repair.ts';
import { NODE_PORTS } from './node-ports.ts';
import { planPortRepair } from './port-repair.ts';

/** Upstream's intervals: of the default ServiceCIDR's controller and of the repairs. */
const CIDR_INTERVAL: Millis = 10_000;
const REPAIR_INTERVAL: Millis = 3 * 60_000;
const OLD_ADDRESSES = '/registry/allocations/ip/';
const IPS = { component: 'ipallocator-repair-controller' };
const PORTS = { component: 'portallocator-repair-controller' };

/** Keeps what is allocated and what is there the same: once before it resolves, then at intervals. */
export async function startUpkeep(core: Core, handler: ApiHandler): Promise<Disposable> {
  const { clock, log } = core;
  const upkeep = new Upkeep(core, handler);
  const attempt = (run: () => Promise<void>): Promise<void> =>
    run().catch((error: unknown) => void (core.stopping.aborted || log.warn('allocations could not be repaired', { error: String(error) })));
  await attempt(() => upkeep.forgetOldKeys());
  await attempt(() => upkeep.cidr());
  await attempt(() => upkeep.repair());
  const every = (interval: Millis, run: () => Promise<void>): Disposable => {
    let timer = clock.after(interval, visit);
    function visit(): void {
      timer = clock.after(interval, visit);
      void attempt(run);
    }
    return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
  };
  const timers = [every(CIDR_INTERVAL, () => upkeep.cidr()), every(REPAIR_INTERVAL, () => upkeep.repair())];
  return { [Symbol.dispose]: () => timers.forEach((timer) => timer[Symbol.dispose]()) };
}

class Upkeep {
  readonly #core: Core;
  readonly #handler: ApiHandler;
  /** What has been told: once is enough as long as this server runs. */
  readonly #told = new Set<string>();

  constructor(core: Core, handler: ApiHandler) {
    this.#core = core;
    this.#handler = handler;
  }

  /** The `kubernetes` ServiceCIDR is there, and Ready until its controller says otherwise. */
  async cidr(): Promise<void> {
    const { resources, allocations: { cidrs }, clock } = this.#core;
    const served = resources.of(SERVICE_CIDR.group, SERVICE_CIDR.plural);
    if (!served) return;
    await ensure(this.#core, this.#handler, defaultServiceCidr(cidrs));
    await this.#core.hub.fresh();
    const present = served.cache.object('', SERVICE_CIDR.name);
    if (!present || present.metadata.deletionTimestamp) return;
    if (cidrsOf(present).join() !== cidrs.join()) {
      const note = `The default ServiceCIDR [${cidrsOf(present).join(' ')}] does not match the controller flag configurations [${cidrs.join(' ')}]`;
      return this.#tell({ regarding: present, reason: 'KubernetesDefaultServiceCIDRInconsistent', action: '', note }, { component: 'kubernetes-service-cidr-controller' });
    }
    const { conditions = [] } = (present['status'] ?? {}) as { readonly conditions?: readonly { readonly type: string }[] };
    if (conditions.some(({ type }) => type === 'Ready')) return;
    const ready = { type: 'Ready', status: 'True', reason: '', message: 'Kubernetes default Service CIDR is ready', lastTransitionTime: timestamp(clock.now()) };
    await send(this.#handler, { method: 'PUT', url: `/apis/networking.k8s.io/v1/servicecidrs/${SERVICE_CIDR.name}/status`, object: { ...present, status: { conditions: [...conditions, ready] } } });
  }

  /** Of versions that kept addresses as keys of their own. */
  async forgetOldKeys(): Promise<void> {
    const { driver } = this.#core;
    const { entries } = await driver.range({ from: OLD_ADDRESSES, to: end(OLD_ADDRESSES), at: 0n, limit: 0 });
    if (entries.length > 0) await driver.commit({ expect: {}, ops: entries.map(({ key }) => ({ type: 'del', key })) });
  }

  async repair(): Promise<void> {
    const services = this.#core.resources.of('', 'services');
    const addresses = this.#core.resources.of('networking.k8s.io', 'ipaddresses');
    if (!services || !addresses) return;
    await this.#core.hub.fresh();
    const { allocations: { ips }, clock } = this.#core;
    const plan = planIpRepair({
      services: [...services.cache.list('')], addresses: [...addresses.cache.list('')], isOffered: (ip) => ips.isOffered(ip), now: clock.now(),
    });
    for (const repair of plan.repairs) if ((await this.#mend(repair)) && repair.finding) await this.#tell(repair.finding, IPS);
    for (const finding of plan.findings) await this.#tell(finding, IPS);
    await this.#repairPorts(() => [...services.cache.list('')]);
  }

  async #mend({ ip, taken, service }: IpRepair): Promise<boolean> {
    const { driver, allocations: { ips } } = this.#core;
    const key = taken?.key ?? ips.keyOf(ip);
    const expect = { [key]: BigInt(taken?.revision ?? 0), ...(service ? { [service.key]: BigInt(service.revision) } : {}) };
    const { ok } = await driver.commit({ expect, ops: [service ? ips.claim(ip, service.object) : { type: 'del', key }] });
    return ok;
  }

  async #repairPorts(listServices: () => readonly Version[]): Promise<void> {
    const { driver, hub, allocations: { ports } } = this.#core;
    const { entries, revision } = await driver.range({ from: NODE_PORTS, to: end(NODE_PORTS), at: 0n, limit: 0 });
    if (!(await hub.reach(Number(revision)))) return;
    const plan = planPortRepair({ services: listServices(), taken: entries, range: ports.range });
    for (const { key, modRevision } of plan.leaked) await driver.commit({ expect: { [key]: modRevision }, ops: [{ type: 'del', key }] });
    for (const { port, service, finding } of plan.missing) {
      const { metadata: { namespace, name } } = service.object;
      const { ok } = await driver.commit({
        expect: { [service.key]: BigInt(service.revision), [ports.keyOf(port)]: 0n }, ops: [ports.claim(port, `${namespace}/${name}`)],
      });
      if (ok) await this.#tell(finding, PORTS);
    }
    for (const finding of plan.findings) await this.#tell(finding, PORTS);
  }

  async #tell({ regarding, reason, action, note }: Finding, { component }: { readonly component: string }): Promise<void> {
    const { clock, random, log, resources } = this.#core;
    const { metadata: { name, namespace = '', uid, resourceVersion } } = regarding;
    const id = `${uid} ${reason} ${note}`;
    if (this.#told.has(id)) return;
    this.#told.add(id);
    log.warn(note, { reason, object: namespace === '' ? name : `${namespace}/${name}` });
    const kind = resources.kinds().find((one) => one.kind === regarding['kind'] && apiVersionOf(one) === regarding['apiVersion']);
    const at = namespace === '' ? 'default' : namespace;
    const event = {
      metadata: { name: `${eventName(regarding)}.${random.uuid().replaceAll('-', '').slice(0, 16)}`, namespace: at },
      regarding: { kind: kind?.kind, apiVersion: kind && apiVersionOf(kind), name, uid, resourceVersion, ...(namespace === '' ? {} : { namespace }) },
      type: 'Warning', reason, note, reportingController: component, reportingInstance: component, action: action === '' ? reason : action,
      eventTime: `${new Date(clock.now()).toISOString().slice(0, -1)}000Z`,
    };
    await send(this.#handler, { method: 'POST', url: `/apis/events.k8s.io/v1/namespaces/${at}/events`, object: event });
  }
}

/** An IPv6 address is no name for an Event. */
const eventName = ({ metadata: { name } }: AnyObject): string => name.replaceAll(':', '-');
