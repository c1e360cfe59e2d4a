import { definePlugin } from '../framework/plugin.ts';
import { pass, reject } from '../framework/verdict.ts';

const rejection = reject("node(s) didn't have free ports for the requested pod ports");

/** Two pods on a node cannot have the same host port. */
export const nodePorts = definePlugin({
  name: 'NodePorts',
  wakeOn: ['pod-removed', 'node-added'],
  wakes: (pod, { pod: gone }) =>
    gone === undefined || gone.hostPorts.some(({ port }) => pod.hostPorts.some((wanted) => wanted.port === port)),
  preFilter: (pod) => (pod.hostPorts.length === 0 ? { type: 'skip' } : { type: 'go', state: undefined }),
  filter: (pod, node) => (node.portsConflict(pod.hostPorts) ? rejection : pass),
});
