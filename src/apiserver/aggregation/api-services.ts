import type { AnyObject } from '../../meta/object.ts';
import type { Core } from '../core.ts';
import { comparePriority } from '../discovery/version-order.ts';
import type { ServiceRef } from '../webhook/target.ts';

/** An APIService: who serves one version of a group. */
export interface ApiServiceSpec {
  readonly group?: string;
  readonly version?: string;
  readonly groupPriorityMinimum: number;
  readonly versionPriority: number;
  readonly service?: { readonly namespace?: string; readonly name?: string; readonly port?: number };
  readonly caBundle?: string;
  readonly insecureSkipTLSVerify?: boolean;
}

export interface Registered {
  /** The object's name: `v1.apps`. */
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly spec: ApiServiceSpec;
}

/** One that another server serves. */
export interface Remote extends Registered {
  readonly service: ServiceRef;
  readonly available: boolean;
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

const GROUP = 'apiregistration.k8s.io';

/** The APIServices there are, read anew after each change. Without any that lead elsewhere, asking costs next to nothing. */
export class ApiServices {
  readonly #resources: Core['resources'];
  #all: readonly Registered[] | undefined;
  #remote: ReadonlyMap<string, Remote> = new Map();

  constructor({ resources }: Pick<Core, 'resources'>) {
    this.#resources = resources;
    resources.of(GROUP, 'apiservices')?.cache.onChange(() => (this.#all = undefined));
  }

  /** The most important first: by group, then by version. */
  all(): readonly Registered[] {
    return (this.#all ??= this.#read());
  }

  remotes(): ReadonlyMap<string, Remote> {
    this.all();
    return this.#remote;
  }

  remote(group: string, version: string): Remote | undefined {
    const remotes = this.remotes();
    return remotes.size === 0 ? undefined : remotes.get(`${group}/${version}`);
  }

  #read(): readonly Registered[] {
    const read = [...this.#resources.of(GROUP, 'apiservices')?.cache.list('') ?? []].map(({ object }) => registeredOf(object));
    this.#remote = new Map(read.flatMap((one) => ('service' in one ? [[`${one.group}/${one.version}`, one]] : [])));
    const priority = new Map<string, number>();
    for (const { group, spec } of read) priority.set(group, Math.max(priority.get(group) ?? 0, spec.groupPriorityMinimum));
    return read.toSorted((a, b) => priority.get(b.group)! - priority.get(a.group)! || (a.group < b.group ? -1 : a.group > b.group ? 1 : 0)
      || b.spec.versionPriority - a.spec.versionPriority || comparePriority(a.version, b.version));
  }
}

function registeredOf(object: AnyObject): Registered | Remote {
  const spec = object['spec'] as ApiServiceSpec;
  const { group = '', version = '', service } = spec;
  const common = { name: object.metadata.name, group, version, spec };
  if (!service) return common;
  const { conditions = [] } = (object['status'] ?? {}) as { readonly conditions?: readonly Condition[] };
  return {
    ...common,
    service: { namespace: service.namespace ?? '', name: service.name ?? '', port: service.port ?? 443 },
    available: conditions.some(({ type, status }) => type === 'Available' && status === 'True'),
  };
}
