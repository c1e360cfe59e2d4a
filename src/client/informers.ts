import type { InstanceOf, Resource } from '../meta/resource.ts';
import { apiVersionOf } from '../meta/resource.ts';
import type { Client } from './client.ts';
import type { Informer, Informers, InformerScope } from './informer.ts';
import type { Surroundings } from './reflector.ts';
import { SharedInformer } from './shared-informer.ts';

/** One informer for each resource and scope, made on first use and stopped with the whole. */
export function createInformers(client: Client, around: Surroundings): Informers {
  return new SharedInformers(client, around);
}

class SharedInformers implements Informers {
  readonly #client: Client;
  readonly #around: Surroundings;
  readonly #informers = new Map<string, SharedInformer<Resource>>();

  constructor(client: Client, around: Surroundings) {
    this.#client = client;
    this.#around = around;
  }

  for<R extends Resource>(resource: R, scope: InformerScope = {}): Informer<InstanceOf<R>> {
    const id = idOf(resource, scope);
    let informer = this.#informers.get(id);
    if (!informer) {
      informer = new SharedInformer<Resource>({ client: this.#client, resource, scope }, this.#around);
      this.#informers.set(id, informer);
    }
    return informer as unknown as Informer<InstanceOf<R>>;
  }

  async stop(resource: Resource, scope: InformerScope = {}): Promise<void> {
    const id = idOf(resource, scope);
    const informer = this.#informers.get(id);
    this.#informers.delete(id);
    await informer?.[Symbol.asyncDispose]();
  }

  async untilSynced(signal?: AbortSignal): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.untilSynced(signal)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const informers = [...this.#informers.values()];
    this.#informers.clear();
    await Promise.all(informers.map((informer) => informer[Symbol.asyncDispose]()));
  }
}

const idOf = (resource: Resource, { namespace, labelSelector, fieldSelector }: InformerScope): string =>
  JSON.stringify([apiVersionOf(resource), resource.plural, namespace, labelSelector, fieldSelector]);
