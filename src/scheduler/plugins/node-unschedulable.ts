import { tolerates } from '../../rules/tolerations.ts';
import { definePlugin } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { pass, rejectForGood } from '../framework/verdict.ts';

const CORDON = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const rejection = rejectForGood('node(s) were unschedulable');

/** Keeps pods off cordoned nodes, unless they tolerate the taint that stands for it. */
export const nodeUnschedulable = definePlugin({
  name: 'NodeUnschedulable',
  wakeOn: ['node-added', 'node-taints', 'own-tolerations'],
  wakes: (pod, { node }) => !node?.spec.unschedulable || isTolerated(pod),
  filter: (pod, node) => (!node.unschedulable || isTolerated(pod) ? pass : rejection),
});

const isTolerated = ({ tolerations }: PodInfo): boolean => tolerations.some((one) => tolerates(one, CORDON));
