import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { Alarm } from '../base/alarm.ts';
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
import { destinationAt, type Asked, type Asker } from './action.ts';
import { BY_SERVICE, serviceOfSlice, type Backend } from './endpoints.ts';
import { forward, forwardUpgrade, refuse, type Request, type Response } from './forward.ts';
import { listen, type Listeners, type ListenOptions } from './listeners.ts';
import { IngressRouter } from './router.ts';
import { planRoutes, secretFor } from './routes.ts';
import { Upstreams } from './upstreams.ts';

export interface IngressOptions extends Pick<ListenOptions, 'host' | 'ports' | 'shown'> {
  readonly informers: Informers;
  /** A certificate for hosts that have none, made when it is needed. */
  readonly fallback: () => ListenOptions['fallback'];
  /** Called when it has begun to answer, and the other way around: for who leads packets here. */
  readonly announce?: (answering: boolean) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RunningIngress extends AsyncDisposable {
  /** The ports it listens on; undefined while there is no Ingress for it. */
  readonly ports: Listeners['ports'] | undefined;
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
  #listeners: Listeners | undefined;
  /** Services and their endpoints are watched once there is an Ingress. */
  #watching = false;
  readonly #alarm: Alarm;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: IngressOptions) {
    this.#options = options;
    this.#router = new IngressRouter(options.informers);
    this.#certificates = new Certificates(options.informers, options.log);
    this.#alarm = new Alarm(options.clock, () => {
      this.#working = this.#working.then(() => this.#sync());
    });
  }

  get ports(): Listeners['ports'] | undefined {
    return this.#listeners?.ports;
  }

  start(): void {
    const change = (): void => this.#alarm.within(GATHER);
    const { informers } = this.#options;
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
    await this.#listeners?.[Symbol.asyncDispose]();
    this.#upstreams[Symbol.dispose]();
    await this.#certificates[Symbol.asyncDispose]();
  }

  /** Never rejects. */
  async #sync(): Promise<void> {
    const { informers, log } = this.#options;
    if (this.#closed) return;
    const classes = informers.for(IngressClass).lister.list();
    const ours = informers.for(Ingress).lister.list().filter((ingress) => isBuiltInIngress(ingress, classes));
    const routes = planRoutes(ours);
    this.#router.follow(routes);
    this.#certificates.want(routes.secrets.values());
    if (ours.length === 0) return this.#rest();
    this.#watch();
    await Promise.all([informers.for(Service).untilSynced(), informers.for(EndpointSlice).untilSynced()]).catch(() => {});
    try {
      this.#listeners ??= await this.#listen();
      await this.#options.announce?.(true);
    } catch (error) {
      log.error('ingress: cannot listen', { error: messageOf(error) });
      this.#alarm.within(RETRY);
    }
  }

  /** The last Ingress has gone. */
  async #rest(): Promise<void> {
    const listeners = this.#listeners;
    if (!listeners) return;
    this.#listeners = undefined;
    await this.#options.announce?.(false).catch(() => this.#alarm.within(RETRY));
    await listeners[Symbol.asyncDispose]();
  }

  #watch(): void {
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
        this.#upstreams.retire(without(targetsOf(old), targetsOf(slice)));
      },
      onDelete: (slice) => {
        forget();
        this.#upstreams.retire(targetsOf(slice));
      },
    };
    this.#handlers.push(informers.for(Service).addHandler({ onAdd: forget, onUpdate: forget, onDelete: forget }), slices.addHandler(leaving));
  }

  #listen(): Promise<Listeners> {
    const { host, ports, shown, fallback } = this.#options;
    return listen({
      host, ports, shown, fallback: fallback(),
      contextFor: (name) => this.#contextFor(name),
      onRequest: (request, response, asker) => void this.#answer(request, response, asker),
      onUpgrade: (request, socket, head, asker) => this.#upgrade(request, socket, head, asker),
    });
  }

  #contextFor(name: string): SecureContext | undefined {
    const ref = secretFor(this.#router.routes, name);
    return ref && this.#certificates.contextOf(ref);
  }

  /** Never rejects. */
  async #answer(request: Request, response: Response, asker: Asker): Promise<void> {
    response.on('error', () => {});
    const backend = this.#backendFor(request, asker);
    if (backend === 'none') return refuse(response, 404);
    if (!backend) return refuse(response, 503);
    await forward({ request, response, backend, asker, upstreams: this.#upstreams });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, asker: Asker): void {
    const backend = this.#backendFor(request, asker);
    if (backend === 'none') return void socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    forwardUpgrade({ request, socket, head, asker, upstreams: this.#upstreams, backend: backend ?? { speech: 'http', endpoints: [] } });
  }

  /** `none` where no rule matches; undefined where the rule's Service is not there. */
  #backendFor(request: Request, asker: Asker): Backend | 'none' | undefined {
    const { action } = this.#router.decide(askedOf(request, asker));
    if (action.act !== 'forward') return 'none';
    const destination = destinationAt(action, 0);
    return destination && this.#router.backendOf(destination.ref);
  }
}

function askedOf({ headers, method = 'GET', url = '/' }: Request, asker: Asker): Asked {
  const mark = url.indexOf('?');
  const [path, query] = mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark)];
  const valueOf = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'object' ? value.join(', ') : value;
  };
  return { asker, method, path, query, host: headers.host ?? valueOf(':authority') ?? '', header: valueOf };
}

/** `host:port` of those that are not ending. */
function targetsOf({ endpoints, ports }: EndpointSlice): ReadonlySet<string> {
  const live = (endpoints ?? []).filter(({ conditions }) => conditions?.terminating !== true && conditions?.ready !== false);
  return new Set(live.flatMap(({ addresses }) => addresses).flatMap((address) => (ports ?? []).map(({ port }) => `${address}:${port}`)));
}

const without = (all: ReadonlySet<string>, some: ReadonlySet<string>): ReadonlySet<string> => new Set([...all].filter((one) => !some.has(one)));
