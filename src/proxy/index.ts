/**
 * Makes Services answer on a node: what kube-proxy does.
 *
 *     Service + EndpointSlice (informers) → tracker → planService (pure) → ruleset → a backend → the kernel's rules
 *
 * Backends: nftables (maps in a table of our own; a change costs what changed), iptables, and ipvs (virtual servers). In: informers, the node's name,
 * a way to run programs in the node's network namespace. Out: rules in the kernel, which outlive the process; `cleanProxy`
 * takes them away. It must not know how pods got their addresses, nor who made the EndpointSlices. Services with
 * `service.kubernetes.io/service-proxy-name` belong to someone else.
 */
export { PROXY_MODES, type ProxyMode } from './backends/backend.ts';
export { ipvsProblem } from './backends/ipvs/ipvs.ts';
export { explainPath, explainRules } from './explain.ts';
export { cleanProxy, startProxy, type Proxying, type ProxyOptions } from './proxy.ts';
export { nodeOf, planRuleset, type Backend, type PortRules, type ProxyNode, type Ruleset } from './ruleset.ts';
