import { createInformers, type Client, type Informers } from '../../client/index.ts';
import type { Millis } from '../../base/clock.ts';
import { CustomResourceDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { Service } from '../../kinds/core/service.ts';
import { Role } from '../../kinds/rbac/role.ts';
import { isApiError } from '../../meta/api-error.ts';
import { groupResource, type Resource } from '../../meta/resource.ts';
import { GATEWAY_CLASS, GATEWAY_CONTROLLER } from '../../rules/gateway/built-in-gateway.ts';
import { GATEWAY_GROUP, GatewayClass } from '../../rules/gateway/kinds.ts';
import { INGRESS_SERVICE } from '../../rules/built-in-ingress.ts';
import { isConditionTrue } from '../../rules/pod-conditions.ts';
import { Cache, type Controller, type ControllerSurroundings } from '../runtime/index.ts';
import { ensureEntrance, ensureReaders } from './entrance.ts';
import { gatewayControllers } from './gateway.ts';
import { KNOWN, NEEDED, type Served } from './world.ts';

/** Runs the Gateway API's controllers while its definitions are installed; without them it costs a look at each definition. `readers`: the agents' group. */
export const gatewayApi = (readers: string): Controller => ({ name: 'gateway-api', start: (around) => new GatewayApi(around, readers) });

const RETRY: Millis = 2_000;

class GatewayApi implements AsyncDisposable {
  readonly #around: ControllerSurroundings;
  readonly #readers: string;
  readonly #stop = new AbortController();
  readonly #definitions: Disposable;
  #running: { readonly served: Served; readonly parts: AsyncDisposable } | undefined;
  #working: Promise<void>;

  constructor(around: ControllerSurroundings, readers: string) {
    this.#around = around;
    this.#readers = readers;
    const definitions = around.informers.for(CustomResourceDefinition);
    const look = (one: CustomResourceDefinition): void => {
      if (one.spec.group === GATEWAY_GROUP) this.#look();
    };
    this.#working = definitions.untilSynced(this.#stop.signal).then(() => this.#follow(), () => {});
    this.#definitions = definitions.addHandler({ onAdd: look, onUpdate: look, onDelete: look });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#definitions[Symbol.dispose]();
    await this.#working;
    await this.#running?.parts[Symbol.asyncDispose]();
  }

  #look(): void {
    this.#working = this.#working.then(() => this.#follow());
  }

  /** Never rejects. */
  async #follow(): Promise<void> {
    if (this.#stop.signal.aborted || !this.#around.informers.for(CustomResourceDefinition).synced) return;
    const served = this.#served();
    const before = this.#running?.served;
    if (served && before && served.size === before.size && [...served].every((kind) => before.has(kind))) return;
    await this.#running?.parts[Symbol.asyncDispose]();
    this.#running = undefined;
    try {
      if (served) this.#running = { served, parts: startParts({ ...this.#around, served, readers: this.#readers }) };
      else await this.#withdraw();
    } catch (error) {
      this.#around.log.warn('gateway: cannot withdraw', { error: String(error) });
      this.#around.clock.after(RETRY, () => this.#look());
    }
  }

  /** Undefined where one that is needed is not among them. */
  #served(): Served | undefined {
    const { lister } = this.#around.informers.for(CustomResourceDefinition);
    const served = new Set(KNOWN.filter((kind) => isServed(lister.get(groupResource(kind)), kind)));
    return NEEDED.every((kind) => served.has(kind)) ? served : undefined;
  }

  /** Takes back what Gateways left: ports, what agents are told, and what they may read. */
  async #withdraw(): Promise<void> {
    const { informers, client } = this.#around;
    const cache = new Cache(informers);
    await Promise.all([Service, Role].map((kind) => informers.for<Resource>(kind).untilSynced(this.#stop.signal)));
    const entrance = cache.get(Service, INGRESS_SERVICE.name, INGRESS_SERVICE.namespace);
    const nothing = { gateways: [], listeners: [], grants: [], entrance };
    await ensureEntrance(nothing, new Set(), { client });
    await ensureReaders(nothing, this.#readers, { client, cache });
  }
}

function isServed(definition: CustomResourceDefinition | undefined, { version }: Resource): boolean {
  return definition !== undefined && definition.metadata.deletionTimestamp === undefined && isConditionTrue(definition.status.conditions, 'Established')
    && definition.spec.versions.some(({ name, served }) => name === version && served);
}

/** The controllers, with informers of their own for these kinds: whoever else follows definitions may stop the shared ones at any time. */
function startParts({ served, readers, ...around }: ControllerSurroundings & { readonly served: Served; readonly readers: string }): AsyncDisposable {
  const own = createInformers(around.client, around);
  const stop = new AbortController();
  const informers: Informers = {
    for: (resource, scope) => (resource.group === GATEWAY_GROUP ? own : around.informers).for(resource, scope),
    stop: (resource, scope) => (resource.group === GATEWAY_GROUP ? own : around.informers).stop(resource, scope),
    untilSynced: async (signal) => void (await Promise.all([own.untilSynced(signal), around.informers.untilSynced(signal)])),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  };
  const running = gatewayControllers(served, readers).map((controller) => controller.start({ ...around, informers }));
  const classMade = makeClass(around.client, around, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await classMade;
      await Promise.all(running.map((one) => one[Symbol.asyncDispose]()));
      await own[Symbol.asyncDispose]();
    },
  };
}

/** As IngressClass `knarr` is there from the start. A definition just established may not be answered for yet. */
async function makeClass(client: Client, { clock, log }: ControllerSurroundings, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const failure: unknown = await client.create(GatewayClass, { metadata: { name: GATEWAY_CLASS }, spec: { controllerName: GATEWAY_CONTROLLER } }, { signal }).then(() => undefined, (error: unknown) => error);
    if (failure === undefined || isApiError(failure, 'AlreadyExists')) return;
    log.debug('gateway: the class cannot be made yet', { error: String(failure) });
    await clock.sleep(RETRY, signal).catch(() => {});
  }
}
