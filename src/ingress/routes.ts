import type { HTTPIngressPath, Ingress, IngressBackend } from '../kinds/networking/ingress.ts';
import type { Speech } from './endpoints.ts';

/** A port of a Service, by number or name. */
export interface BackendRef {
  readonly namespace: string;
  readonly service: string;
  readonly port: number | string;
  /** Whatever the port says of itself. */
  readonly speech?: Speech;
}

export interface PathRoute {
  readonly path: string;
  readonly exact: boolean;
  readonly backend: BackendRef;
}

export interface SecretRef {
  readonly namespace: string;
  readonly name: string;
}

/** Where requests lead, and whose certificates answer for hosts. Hosts are in lower case; `*.example.com` is kept as `.example.com`. */
export interface Routes {
  readonly hosts: ReadonlyMap<string, readonly PathRoute[]>;
  readonly wildcards: ReadonlyMap<string, readonly PathRoute[]>;
  /** Of rules without a host. */
  readonly everywhere: readonly PathRoute[];
  readonly otherwise?: BackendRef;
  /** By host, wildcards by their suffix. The one under '' answers for every host. */
  readonly secrets: ReadonlyMap<string, SecretRef>;
}

/**
 * What the Ingresses ask for together: where two claim a host and path, the older has it. Pure.
 * https://kubernetes.io/docs/concepts/services-networking/ingress/
 */
export function planRoutes(ingresses: readonly Ingress[]): Routes {
  const [hosts, wildcards] = [new Map<string, PathRoute[]>(), new Map<string, PathRoute[]>()];
  const everywhere: PathRoute[] = [];
  const secrets = new Map<string, SecretRef>();
  let otherwise: BackendRef | undefined;
  for (const ingress of ingresses.toSorted(oldestFirst)) {
    const { namespace = '' } = ingress.metadata;
    otherwise ??= refOf(ingress.spec.defaultBackend, namespace);
    for (const { host = '', http } of ingress.spec.rules ?? []) {
      // A rule without paths leads where the Ingress leads by default.
      const paths = http?.paths ?? [{ path: '/', pathType: 'Prefix', backend: ingress.spec.defaultBackend ?? {} }];
      listFor(host.toLowerCase(), { hosts, wildcards, everywhere }).push(...paths.flatMap((path) => (path.backend.service || path.backend.resource ? routeOf(path, namespace) : [])));
    }
    for (const { hosts: covered, secretName } of ingress.spec.tls ?? []) {
      if (!secretName) continue;
      for (const host of covered?.length ? covered : ['']) {
        const key = keyOf(host.toLowerCase());
        if (!secrets.has(key)) secrets.set(key, { namespace, name: secretName });
      }
    }
  }
  for (const list of [...hosts.values(), ...wildcards.values(), everywhere]) list.sort(mostExactFirst);
  return { hosts, wildcards, everywhere, secrets, ...(otherwise ? { otherwise } : {}) };
}

interface Lists {
  readonly hosts: Map<string, PathRoute[]>;
  readonly wildcards: Map<string, PathRoute[]>;
  readonly everywhere: PathRoute[];
}

function listFor(host: string, { hosts, wildcards, everywhere }: Lists): PathRoute[] {
  if (host === '') return everywhere;
  const map = host.startsWith('*.') ? wildcards : hosts;
  const list = map.get(keyOf(host)) ?? [];
  map.set(keyOf(host), list);
  return list;
}

const keyOf = (host: string): string => (host.startsWith('*.') ? host.slice(1) : host);

function routeOf({ path = '/', pathType, backend }: HTTPIngressPath, namespace: string): PathRoute {
  // What is not specified is a prefix here.
  return { path: path === '' ? '/' : path, exact: pathType === 'Exact', backend: refOf(backend, namespace) ?? UNKNOWN };
}

/** A resource of another kind than Service is nothing that this controller knows; what leads there leads nowhere else. */
const UNKNOWN: BackendRef = { namespace: '', service: '', port: 0 };

function refOf(backend: IngressBackend | undefined, namespace: string): BackendRef | undefined {
  const service = backend?.service;
  if (!service) return backend?.resource ? UNKNOWN : undefined;
  return { namespace, service: service.name, port: service.port.name || (service.port.number ?? 0) };
}

function oldestFirst({ metadata: a }: Ingress, { metadata: b }: Ingress): number {
  const [left, right] = [a, b].map(({ creationTimestamp, namespace, name }) => `${creationTimestamp} ${namespace}/${name}`);
  return left! < right! ? -1 : Number(left! > right!);
}

/** The longest first, an exact one before a prefix of its length; the sort is stable: the older stays before the younger. */
const mostExactFirst = (a: PathRoute, b: PathRoute): number => b.path.length - a.path.length || Number(b.exact) - Number(a.exact);

/** Where an Ingress leads, and how narrowly it names the host: 2 by its name, 1 by a wildcard, 0 not at all, less by default. */
export interface Lead {
  readonly ref: BackendRef;
  readonly narrow: number;
}

/** Undefined where no rule matches. `host` as `hostOf` has it, `path` without the query. */
export function leadFor({ hosts, wildcards, everywhere, otherwise }: Routes, host: string, path: string): Lead | undefined {
  const lists = [hosts.get(host), wildcards.get(parentOf(host)), everywhere];
  for (const [at, list] of lists.entries()) {
    const found = list?.find((route) => matches(route, path));
    if (found) return { ref: found.backend, narrow: 2 - at };
  }
  return otherwise && { ref: otherwise, narrow: -1 };
}

/** The certificates for a name, a wildcard standing for one label; `narrow` as for leads. */
export function secretFor({ secrets }: Routes, name: string): { readonly secrets: readonly SecretRef[]; readonly narrow: number } | undefined {
  const host = name.toLowerCase();
  const keys = [host, parentOf(host), ''];
  const at = keys.findIndex((key) => secrets.has(key));
  return at < 0 ? undefined : { secrets: [secrets.get(keys[at]!)!], narrow: 2 - at };
}

/** By whole elements: `/a` is a prefix of `/a/b`, not of `/ab`; a slash at its end says nothing. */
function matches({ path, exact }: PathRoute, asked: string): boolean {
  if (exact) return asked === path;
  const prefix = path.endsWith('/') ? path.slice(0, -1) : path;
  return asked === prefix || asked.startsWith(`${prefix}/`) || (prefix === '' && asked.startsWith('/'));
}

/** Of a Host header: without a port or the dot at the end, in lower case. */
export function hostOf(header: string): string {
  const name = header.startsWith('[') ? header.slice(0, header.indexOf(']') + 1) : header.split(':', 1)[0]!;
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}

const parentOf = (host: string): string => {
  const dot = host.indexOf('.');
  return dot <= 0 ? '\0' : host.slice(dot);
};
