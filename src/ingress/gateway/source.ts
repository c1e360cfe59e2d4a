import type { Handler, Informers } from '../../client/index.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { Service } from '../../kinds/core/service.ts';
import type { Resource } from '../../meta/resource.ts';
import { planListeners } from '../../rules/gateway/attach.ts';
import { furtherPortName, isBuiltInGateway, MAIN_PORTS, SERVED_ANNOTATION } from '../../rules/gateway/built-in-gateway.ts';
import { Gateway, GatewayClass, GRPCRoute, HTTPRoute, ReferenceGrant, type RouteKind } from '../../rules/gateway/kinds.ts';
import { INGRESS_SERVICE } from '../../rules/built-in-ingress.ts';
import type { DoorPlace } from '../door.ts';
import { NO_GATEWAYS, planGateways, type GatewayTable } from './table.ts';

/** What Gateways ask of a node. */
export interface GatewayPlan {
  readonly table: GatewayTable;
  /** Beside those of Ingresses, by name. */
  readonly doors: ReadonlyMap<string, DoorPlace>;
  /** Whether one of Ingresses' doors is wanted. */
  readonly main: boolean;
}

const NONE: GatewayPlan = { table: NO_GATEWAYS, doors: new Map(), main: false };
const KINDS: readonly Resource[] = [GatewayClass, Gateway, HTTPRoute, GRPCRoute, ReferenceGrant];

/**
 * The Gateway API's objects as a node reads them: only while the entrance's Service says that they are served, each by its
 * own watch. Nodes read no definitions.
 */
export class GatewaySource implements AsyncDisposable {
  readonly #informers: Informers;
  readonly #changed: () => void;
  readonly #following = new Map<Resource, Disposable>();
  readonly #entrance: Disposable;
  #namespaces: Disposable | undefined;

  constructor(informers: Informers, changed: () => void) {
    this.#informers = informers;
    this.#changed = changed;
    const look = (service: Service): void => {
      if (service.metadata.name === INGRESS_SERVICE.name && service.metadata.namespace === INGRESS_SERVICE.namespace) this.#look();
    };
    this.#entrance = informers.for(Service).addHandler({ onAdd: look, onUpdate: look, onDelete: look });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#entrance[Symbol.dispose]();
    this.#namespaces?.[Symbol.dispose]();
    for (const handler of this.#following.values()) handler[Symbol.dispose]();
    this.#following.clear();
  }

  /** What is asked for now; nothing before all of it is known. */
  plan(): GatewayPlan {
    const { listeners, entrance, synced } = this.#state();
    if (!synced) return NONE;
    const accepted = listeners.filter(({ accepted: { ok } }) => ok);
    if (accepted.length === 0) return NONE;
    const routes = [...this.#list(HTTPRoute), ...this.#list(GRPCRoute)];
    const table = planGateways({ listeners, routes, grants: this.#list(ReferenceGrant), labelsOf: (namespace) => this.#informers.for(Namespace).lister.get(namespace)?.metadata.labels });
    const doors = new Map<string, DoorPlace>();
    for (const [shown, { proto }] of table.ports) {
      const port = entrance?.spec.ports?.find((one) => one.name === furtherPortName(shown))?.targetPort;
      if (typeof port === 'number') doors.set(furtherPortName(shown), { port, proto, shown });
    }
    return { table, doors, main: [...MAIN_PORTS.keys()].some((port) => table.ports.has(port)) };
  }

  #state() {
    const entrance = this.#service();
    const gateways = this.#list(Gateway).filter((one) => isBuiltInGateway(one, this.#list(GatewayClass)));
    const served = [HTTPRoute, GRPCRoute].filter((kind) => this.#following.has(kind)).map(({ kind }) => kind as RouteKind);
    const led = new Set((entrance?.spec.ports ?? []).map(({ port }) => port));
    const listeners = planListeners({ gateways, served, taken: (port) => (led.has(port) ? undefined : 'Nobody leads here yet') });
    const synced = this.#following.size > 0 && [...this.#following.keys()].every((kind) => this.#informers.for(kind).synced) && this.#informers.for(Namespace).synced;
    return { entrance, listeners, synced };
  }

  #service(): Service | undefined {
    return this.#informers.for(Service).lister.get(INGRESS_SERVICE.name, INGRESS_SERVICE.namespace);
  }

  #list<T extends Resource>(kind: T) {
    return this.#following.has(kind) ? this.#informers.for(kind).lister.list() : [];
  }

  /** Follows what the Service names, and no longer what it does not. */
  #look(): void {
    const served = (this.#service()?.metadata.annotations?.[SERVED_ANNOTATION] ?? '').split(',');
    const handler: Handler<unknown> = { onAdd: this.#changed, onUpdate: this.#changed, onDelete: this.#changed };
    for (const kind of KINDS) {
      const known = this.#following.get(kind);
      if (served.includes(kind.plural) === (known !== undefined)) continue;
      known?.[Symbol.dispose]();
      if (known) {
        this.#following.delete(kind);
        void this.#informers.stop(kind);
        continue;
      }
      const informer = this.#informers.for(kind);
      this.#following.set(kind, informer.addHandler(handler));
      void informer.untilSynced().then(this.#changed, () => {});
    }
    this.#namespaces = this.#watchNamespaces(this.#following.size > 0, handler);
    this.#changed();
  }

  /** Their labels say whose routes a listener lets in. */
  #watchNamespaces(wanted: boolean, handler: Handler<unknown>): Disposable | undefined {
    if (wanted) return this.#namespaces ?? this.#informers.for(Namespace).addHandler(handler);
    this.#namespaces?.[Symbol.dispose]();
    return undefined;
  }
}
