import { expect, test } from 'vitest';
import { Node } from '../../kinds/core/node.ts';
import { BORN, make, pod } from '../testing/objects.ts';
import { plan, TERMINATED_KEPT } from './plan.ts';

const names = (pods: readonly { metadata: { name: string } }[]) => pods.map((one) => one.metadata.name);

test('each kind of lost pod is found', () => {
  const broken = make(Node, 'broken', { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] }, status: { conditions: [] } as object });
  const leaving = { deletionTimestamp: BORN };
  const pods = [
    pod('fine', 'a'), pod('orphan', 'a', { spec: { nodeName: 'gone' } }),
    pod('unscheduled', 'a', { metadata: leaving, spec: { nodeName: '' } }), pod('stranded', 'a', { metadata: leaving, spec: { nodeName: 'broken' } }),
  ];
  const todo = plan(pods, new Map([['broken', broken], ['node-1', make(Node, 'node-1')]]), new Set(['gone']));
  expect(todo.ended).toEqual([]);
  expect([names(todo.orphaned), names(todo.unscheduled), names(todo.stranded)]).toEqual([['orphan'], ['unscheduled'], ['stranded']]);
});

test('ended pods beyond the limit go, oldest first', () => {
  const pods = Array.from({ length: TERMINATED_KEPT + 2 }, (_, n) => pod(`p${n}`, 'a', {
    metadata: { creationTimestamp: new Date(Date.parse(BORN) - n * 1000).toISOString() }, status: { phase: n % 2 ? 'Failed' : 'Succeeded' },
  }));
  expect(names(plan(pods, new Map(), new Set()).ended)).toEqual([`p${TERMINATED_KEPT + 1}`, `p${TERMINATED_KEPT}`]);
});
