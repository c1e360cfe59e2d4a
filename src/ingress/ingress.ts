import type { SecureContext } from 'node:tls';
import { Alarm } from '../base/alarm.ts';
import { deepEqual } from '../base/deep-equal.ts';
import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { messageOf } from '../base/message-of.ts';
import type { Handler, Informers } from '../client/index.ts';
import { Service } from '../kinds/core/service.ts';
import { EndpointSlice } from '../kinds/discovery/endpoint-slice.ts';
import { IngressClass } from '../kinds/networking/ingress-class.ts';
import { Ingress } from '../kinds/networking/ingress.ts';
import { isBuiltInIngress } from '../rules/built-in-ingress.ts';
import { Certificates } from './certificates.ts';
import { BY_SERVICE, serviceOfSlice } from './endpoints.ts';
import { answer } from './forward.ts';
import type { DoorOptions, DoorPlace } from './door.ts';
import { Doors } from './doors.ts';
import { GatewaySource } from './gateway/source.ts';
import { secretsFor } from './gateway/table.ts';
import { Lane } from './http1/lane.ts';
import { IngressRouter } from './router.ts';
import { planRoutes, secretFor } from './routes.ts';
import { Upstreams } from './upstreams.ts';

export interface IngressOptions extends Pick<DoorOptions, 'host' | 'fallback'> {
  readonly informers: Informers;
  /** Where Ingresses are answered. */
  readonly ports: { readonly http: number; readonly https: number };
  /** Which of these clients believe they ask. */
  readonly shown: { readonly http: number; readonly https: number };
  /** Called with the ports that it answers at, by name, before one of them closes and after one is open: for who leads packets here. */
  readonly announce?: (answering: ReadonlyMap<string, number>) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RunningIngress extends AsyncDisposable {
  /** The ports it answers Ingresses at; undefined while there is none for it. */
  readonly ports: IngressOptions['ports'] | undefined;
}

const GATHER: Millis = 20;
const RETRY: Millis = 5_000;

/** Answers for the Ingresses of the built-in class on a node. Listens from the first of them on. */
export function startIngress(options: IngressOptions): RunningIngress {
  const ingress = new IngressServer(options);
  ingress.start();
  return ingress;
}

class IngressServer implements RunningIngress {
  readonly #options: IngressOptions;
  readonly #upstreams = new Upstreams();
  readonly #certificates: Certificates;
  readonly #handlers: Disposable[] = [];
  readonly #router: IngressRouter;
  readonly #lane: Lane;
  readonly #doors: Doors;
  #gateways: GatewaySource | undefined;
  /** Services and their endpoints are watched once there is an Ingress. */
  #watching = false;
  #told: ReadonlyMap<string, number> = new Map();
  readonly #alarm: Alarm;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: IngressOptions) {
    this.#options = options;
    this.#router = new IngressRouter(options.informers, Object.values(options.shown));
    this.#certificates = new Certificates(options.informers, options.log);
    this.#lane = new Lane(this.#router, options);
    const means = { router: this.#router, upstreams: this.#upstreams, clock: options.clock };
    this.#doors = new Doors({
      host: options.host, fallback: options.fallback, clock: options.clock, lane: this.#lane,
      contextFor: (name, port) => this.#contextFor(name, port),
      onRequest: (request, response, asker) => void answer(request, response, { ...means, asker }),
    }, options.log);
    this.#alarm = new Alarm(options.clock, () => {
      this.#working = this.#working.then(() => this.#sync());
    });
  }

  get ports(): IngressOptions['ports'] | undefined {
    const [http, https] = [this.#doors.ports.get('http'), this.#doors.ports.get('https')];
    return http === undefined || https === undefined ? undefined : { http, https };
  }

  start(): void {
    const change = (): void => this.#alarm.within(GATHER);
    const { informers } = this.#options;
    this.#gateways = new GatewaySource(informers, change);
    this.#handlers.push(
      informers.for(Ingress).addHandler({ onAdd: change, onUpdate: change, onDelete: change }),
      informers.for(IngressClass).addHandler({ onAdd: change, onUpdate: change, onDelete: change }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#alarm[Symbol.dispose]();
    for (const handler of this.#handlers) handler[Symbol.dispose]();
    await this.#working;
    await this.#gateways?.[Symbol.asyncDispose]();
    await this.#doors[Symbol.asyncDispose]();
    this.#lane[Symbol.dispose]();
    this.#upstreams[Symbol.dispose]();
    await this.#certificates[Symbol.asyncDispose]();
  }

  /** Never rejects. */
  async #sync(): Promise<void> {
    const { informers } = this.#options;
    if (this.#closed) return;
    const classes = informers.for(IngressClass).lister.list();
    const ours = informers.for(Ingress).lister.list().filter((ingress) => isBuiltInIngress(ingress, classes));
    const routes = planRoutes(ours);
    const { table, doors, main } = this.#gateways!.plan();
    this.#router.follow(routes, table);
    this.#certificates.want([...routes.secrets.values(), ...table.secrets]);
    const wanted = new Map([...(main || ours.length > 0 ? this.#mainDoors() : []), ...doors]);
    if (wanted.size > 0) await this.#watch();
    await this.#open(wanted);
  }

  #mainDoors(): ReadonlyMap<string, DoorPlace> {
    const { ports, shown } = this.#options;
    return new Map((['http', 'https'] as const).map((proto) => [proto, { port: ports[proto], proto, shown: shown[proto] }]));
  }

  /** Nobody is led to a door that is closed, nor to one before it is open. */
  async #open(wanted: ReadonlyMap<string, DoorPlace>): Promise<void> {
    try {
      await this.#announce(new Map([...this.#doors.ports].filter(([name]) => wanted.has(name))));
      const all = await this.#doors.follow(wanted);
      await this.#announce(this.#doors.ports);
      if (!all) this.#alarm.within(RETRY);
    } catch (error) {
      this.#options.log.error('ingress: cannot say where it answers', { error: messageOf(error) });
      this.#alarm.within(RETRY);
    }
  }

  async #announce(answering: ReadonlyMap<string, number>): Promise<void> {
    if (deepEqual([...answering], [...this.#told])) return;
    await this.#options.announce?.(answering);
    this.#told = answering;
  }

  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    const { informers } = this.#options;
    const forget = (): void => this.#router.forget();
    const slices = informers.for(EndpointSlice);
    slices.addIndex(BY_SERVICE, serviceOfSlice);
    const leaving: Handler<EndpointSlice> = {
      onAdd: forget,
      onUpdate: (slice, old) => {
        forget();
        this.#retire(without(targetsOf(old), targetsOf(slice)));
      },
      onDelete: (slice) => {
        forget();
        this.#retire(targetsOf(slice));
      },
    };
    this.#handlers.push(informers.for(Service).addHandler({ onAdd: forget, onUpdate: forget, onDelete: forget }), slices.addHandler(leaving));
    await Promise.all([informers.for(Service).untilSynced(), slices.untilSynced()]).catch(() => {});
  }

  /** Whoever names the host more narrowly has it, as for requests. */
  #contextFor(host: string, port: number): SecureContext | undefined {
    const gateway = secretsFor(this.#router.gateways, host.toLowerCase(), port);
    const own = port === this.#options.shown.https ? secretFor(this.#router.routes, host) : undefined;
    const [first, second] = gateway && gateway.narrow > (own?.narrow ?? -1) ? [gateway.secrets, own?.secrets] : [own?.secrets, gateway?.secrets];
    for (const ref of [...(first ?? []), ...(second ?? [])]) {
      const context = this.#certificates.contextOf(ref);
      if (context) return context;
    }
    return undefined;
  }

  #retire(gone: ReadonlySet<string>): void {
    this.#lane.pool.retire(gone);
    this.#upstreams.retire(gone);
  }
}

/** `host:port` of those that are not ending. */
function targetsOf({ endpoints, ports }: EndpointSlice): ReadonlySet<string> {
  const live = (endpoints ?? []).filter(({ conditions }) => conditions?.terminating !== true && conditions?.ready !== false);
  return new Set(live.flatMap(({ addresses }) => addresses).flatMap((address) => (ports ?? []).map(({ port }) => `${address.includes(':') ? `[${address}]` : address}:${port}`)));
}

const without = (all: ReadonlySet<string>, some: ReadonlySet<string>): ReadonlySet<string> => new Set([...all].filter((one) => !some.has(one)));
