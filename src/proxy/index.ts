/**
 * Makes Services answer on a node: what kube-proxy does.
 *
 *     Service + EndpointSlice (informers) → planRuleset (pure) → iptables text → iptables-restore, when the text changed
 *
 * In: informers, the node's name, a way to run programs in the node's network namespace. Out: rules in the kernel, which
 * outlive the process; `cleanProxy` takes them away. It must not know how pods got their addresses, nor who made the
 * EndpointSlices. IPv4; Services with `service.kubernetes.io/service-proxy-name` belong to someone else.
 */
export { cleanProxy, startProxy, type ProxyOptions } from './proxy.ts';
export { planRuleset, type Backend, type PortRules, type ProxyNode, type Ruleset } from './ruleset.ts';
