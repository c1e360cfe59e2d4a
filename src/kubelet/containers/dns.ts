/** A pod's resolver configuration (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/). */
import type { Pod } from '../../kinds/core/pod.ts';

export interface ResolvConf {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface ClusterDns {
  readonly servers: readonly string[];
  readonly domain: string;
}

/** resolv.conf(5). */
export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0]) servers.push(values[0]);
    // The last search line counts.
    if (keyword === 'search') searches = values.map((domain) => (domain === '.' ? domain : domain.replace(/\.$/, '')));
    if (keyword === 'options') options = values;
  }
  return { servers, searches, options };
}

const MOST_SERVERS = 3;
const MOST_SEARCHES = 32;
const MOST_SEARCH_CHARS = 2048;

/** `missing`: the pod wants the cluster's DNS and there is none; it gets the node's. */
export function podDns(pod: Pod, node: ResolvConf, cluster: ClusterDns): { readonly dns: ResolvConf; readonly missing: boolean } {
  const { dnsPolicy = 'ClusterFirst', dnsConfig, hostNetwork } = pod.spec;
  const wanted = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  const missing = wanted && cluster.servers.length === 0;
  const base = dnsPolicy === 'None' ? { servers: [], searches: [], options: [] }
    : wanted && !missing ? clusterFirst(pod, node, cluster) : node;
  const options = new Map(base.options.map((option) => [option.split(':')[0]!, option]));
  for (const { name = '', value } of dnsConfig?.options ?? []) options.set(name, value === undefined ? name : `${name}:${value}`);
  return {
    missing,
    dns: {
      servers: unique([...base.servers, ...(dnsConfig?.nameservers ?? [])]).slice(0, MOST_SERVERS),
      searches: within(unique([...base.searches, ...(dnsConfig?.searches ?? [])])),
      options: [...options.values()],
    },
  };
}

const clusterFirst = (pod: Pod, node: ResolvConf, { servers, domain }: ClusterDns): ResolvConf => ({
  servers,
  searches: [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain, ...node.searches],
  options: ['ndots:5'],
});

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

function within(searches: readonly string[]): string[] {
  const kept: string[] = [];
  let chars = 0;
  for (const search of searches.slice(0, MOST_SEARCHES)) {
    chars += search.length + (kept.length > 0 ? 1 : 0);
    if (chars > MOST_SEARCH_CHARS) break;
    kept.push(search);
  }
  return kept;
}
