/**
 * Gives a node's pods addresses and lets them reach each other, other nodes' pods and the world.
 *
 *     the node's own part: CNI configuration (bridge, host-local, portmap), masquerading, forwarding, kernel parameters
 *     between nodes:       Node objects → peers → a backend's plan (pure) → routes, neighbours, forwarding entries
 *     backends:            host-gw (the other node is the next hop), vxlan (Ethernet in UDP), udp (IP in UDP, by a
 *                          program), bgp (routes announced by BIRD)
 *
 * In: informers, the node's address and pod network, a way to run programs in its network namespace. Out: files for
 * containerd, routes and rules, which outlive the process; `cleanNetwork` takes them away. It must not know Services.
 */
export { cniConfig, type CniOptions } from './cni.ts';
export { BACKENDS, type BackendName } from './backends/backend.ts';
export { cleanPolicies, startPolicies, type Policies, type PolicyOptions } from './policy/policies.ts';
export { KernelWatch } from './kernel-watch.ts';
export { cleanNetwork, startNetwork, type NetworkOptions } from './network.ts';
