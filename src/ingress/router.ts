import type { Informers } from '../client/index.ts';
import { Service } from '../kinds/core/service.ts';
import { EndpointSlice } from '../kinds/discovery/endpoint-slice.ts';
import type { Action, Asked, Decision, Forward, Router } from './action.ts';
import { resolveBackend, type Backend } from './endpoints.ts';
import { planRoutes, routeFor, type BackendRef, type Routes } from './routes.ts';

const NO_RULE: Action = { act: 'answer', status: 404, text: 'default backend - 404' };

/** The rules of Ingresses, and where their backends are now. */
export class IngressRouter implements Router {
  readonly #informers: Informers;
  #routes: Routes = planRoutes([]);
  #version = 0;
  readonly #actions = new Map<BackendRef, Forward>();
  /** What references lead to, until a Service or an endpoint changes. */
  readonly #backends = new Map<BackendRef, Backend>();

  constructor(informers: Informers) {
    this.#informers = informers;
  }

  get version(): number {
    return this.#version;
  }

  get routes(): Routes {
    return this.#routes;
  }

  follow(routes: Routes): void {
    this.#routes = routes;
    this.#actions.clear();
    this.forget();
  }

  /** A Service or its endpoints changed. */
  forget(): void {
    this.#version++;
    this.#backends.clear();
  }

  decide({ host, path }: Asked): Decision {
    const ref = routeFor(this.#routes, host, path);
    return { action: ref ? this.#actionOf(ref) : NO_RULE, steady: true };
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
