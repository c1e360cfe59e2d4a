import { tolerates } from '../../rules/tolerations.ts';
import { definePlugin } from '../framework/plugin.ts';
import { pass, rejectForGood } from '../framework/verdict.ts';

const CORDON = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const rejection = rejectForGood('node(s) were unschedulable');

/** Keeps pods off cordoned nodes, unless they tolerate the taint that stands for it. */
export const nodeUnschedulable = definePlugin({
  name: 'NodeUnschedulable',
  wakeOn: ['node-added', 'node-taints', 'own-tolerations'],
  filter: (pod, node) => (!node.unschedulable || pod.tolerations.some((one) => tolerates(one, CORDON)) ? pass : rejection),
});
