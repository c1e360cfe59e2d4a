import type { AnyObject } from '../../meta/object.ts';

const ZONE = 'topology.kubernetes.io/zone';
const HOSTNAME = 'kubernetes.io/hostname';

type Labels = Readonly<Record<string, string>>;

interface Endpoint {
  readonly nodeName?: string;
  readonly zone?: string;
  readonly deprecatedTopology?: Labels;
}

type FormerEndpoint = Omit<Endpoint, 'zone' | 'deprecatedTopology'> & { readonly topology?: Labels };

const mapEndpoints = <From, To>(slice: AnyObject, convert: (endpoint: From) => To): AnyObject =>
  ({ ...slice, endpoints: (slice['endpoints'] as readonly From[] | null | undefined)?.map(convert) ?? null });

/** discovery.k8s.io/v1beta1 to v1: the zone becomes a field; a host name that only repeats nodeName goes. */
export const toSlice = (former: AnyObject): AnyObject => mapEndpoints(former, ({ topology, ...endpoint }: FormerEndpoint): Endpoint => {
  const { [ZONE]: zone, ...others } = topology ?? {};
  const { [HOSTNAME]: host, ...rest } = others;
  const left = host !== undefined && host === endpoint.nodeName ? rest : others;
  return { ...endpoint, ...(zone === undefined ? {} : { zone }), ...(Object.keys(left).length > 0 ? { deprecatedTopology: left } : {}) };
});

export const fromSlice = (slice: AnyObject): AnyObject => mapEndpoints(slice, ({ zone, deprecatedTopology, ...endpoint }: Endpoint): FormerEndpoint => {
  const { nodeName } = endpoint;
  if (!deprecatedTopology && zone === undefined && nodeName === undefined) return endpoint;
  const topology = { ...(nodeName === undefined ? {} : { [HOSTNAME]: nodeName }), ...deprecatedTopology, ...(zone === undefined ? {} : { [ZONE]: zone }) };
  return { ...endpoint, topology };
});
