import type { Informers } from '../client/index.ts';
import { Service } from '../kinds/core/service.ts';
import { EndpointSlice } from '../kinds/discovery/endpoint-slice.ts';
import type { Action, Asked, Decision, Forward, Router } from './action.ts';
import { resolveBackend, type Backend } from './endpoints.ts';
import { NO_GATEWAYS, ruleFor, type GatewayTable } from './gateway/table.ts';
import { hostOf, leadFor, planRoutes, type BackendRef, type Routes } from './routes.ts';
import { plainAsked, plainTarget, withTarget } from './target.ts';

const BAD_TARGET: Action = { act: 'answer', status: 400 };
const NO_RULE: Action = { act: 'answer', status: 404, text: 'default backend - 404' };

/** The rules of Ingresses and Gateways, and where their backends are now. */
export class IngressRouter implements Router {
  readonly #informers: Informers;
  /** The ports at which Ingresses count, as clients ask them. */
  readonly #ports: readonly number[];
  #routes: Routes = planRoutes([]);
  #gateways: GatewayTable = NO_GATEWAYS;
  #version = 0;
  readonly #actions = new Map<BackendRef, Forward>();
  /** What references lead to, until a Service or an endpoint changes. */
  readonly #backends = new Map<BackendRef, Backend>();

  constructor(informers: Informers, ports: readonly number[]) {
    this.#informers = informers;
    this.#ports = ports;
  }

  get version(): number {
    return this.#version;
  }

  get routes(): Routes {
    return this.#routes;
  }

  get gateways(): GatewayTable {
    return this.#gateways;
  }

  follow(routes: Routes, gateways: GatewayTable): void {
    this.#routes = routes;
    this.#gateways = gateways;
    this.#actions.clear();
    this.forget();
  }

  /** A Service or its endpoints changed. */
  forget(): void {
    this.#version++;
    this.#backends.clear();
  }

  decide(asked: Asked): Decision {
    const plain = plainTarget(asked.path);
    if (plain === undefined) return this.#decidePlain(asked);
    if (plain === 'bad') return { action: BAD_TARGET, steady: true };
    const { action } = this.#decidePlain(plainAsked(asked, plain));
    return { action: withTarget(action, plain), steady: false };
  }

  /** Whoever names the host more narrowly has it, an Ingress before a Gateway's route. */
  #decidePlain(asked: Asked): Decision {
    const host = hostOf(asked.host);
    const lead = this.#ports.includes(asked.asker.port) ? leadFor(this.#routes, host, asked.path) : undefined;
    const found = ruleFor(this.#gateways, asked, host);
    if (found.rule && found.narrow > (lead?.narrow ?? -1)) return { action: found.rule.action, steady: found.steady };
    return { action: lead ? this.#actionOf(lead.ref) : NO_RULE, steady: found.steady };
  }

  #actionOf(ref: BackendRef): Forward {
    const known = this.#actions.get(ref);
    if (known) return known;
    const action: Forward = { act: 'forward', to: [{ ref, weight: 1 }] };
    this.#actions.set(ref, action);
    return action;
  }

  backendOf(ref: BackendRef): Backend | undefined {
    const known = this.#backends.get(ref);
    if (known) return known;
    const backend = resolveBackend(ref, this.#informers.for(Service).lister, this.#informers.for(EndpointSlice).lister);
    if (backend) this.#backends.set(ref, backend);
    return backend;
  }
}
