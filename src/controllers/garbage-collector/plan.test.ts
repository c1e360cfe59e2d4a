import { expect, test } from 'vitest';
import type { AnyObject, OwnerReference } from '../../meta/object.ts';
import { BORN, pod } from '../testing/objects.ts';
import { plan, type Owner, type OwnerState } from './plan.ts';

const reference = (uid: string, more: Partial<OwnerReference> = {}): OwnerReference => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: uid, uid, ...more });
const owner = (state: OwnerState, uid: string = state): Owner => ({ reference: reference(uid), state });
const object = (metadata: object = {}) => pod('web', 'web', { metadata }) as unknown as AnyObject;
const leaving = (...finalizers: string[]) => object({ deletionTimestamp: BORN, finalizers });

test('an object stays while an owner stands; owners that do not are dropped', () => {
  expect(plan(object(), [], [])).toEqual({ type: 'keep' });
  expect(plan(object(), [owner('solid')], [])).toEqual({ type: 'keep' });
  expect(plan(object(), [owner('solid'), owner('absent'), owner('waiting')], [])).toEqual({ type: 'drop-owners', uids: ['absent', 'waiting'] });
});

test('an object without a standing owner goes, as its own finalizers ask', () => {
  expect(plan(object(), [owner('absent')], [])).toEqual({ type: 'delete', policy: 'Background' });
  expect(plan(object({ finalizers: ['orphan'] }), [owner('absent')], [])).toEqual({ type: 'delete', policy: 'Orphan' });
  expect(plan(object({ finalizers: ['foregroundDeletion'] }), [owner('absent')], [])).toEqual({ type: 'delete', policy: 'Foreground' });
});

test('an object whose owner waits for it goes after its own dependents', () => {
  expect(plan(object(), [owner('waiting')], [])).toEqual({ type: 'delete', policy: 'Background' });
  expect(plan(object(), [owner('waiting')], [object()])).toEqual({ type: 'delete', policy: 'Foreground' });
});

test('a circle of objects that wait for one another is broken', () => {
  expect(plan(object(), [owner('waiting')], [leaving('foregroundDeletion')])).toEqual({ type: 'unblock-and-delete' });
});

test('foreground deletion waits for the dependents that block it, and for no others', () => {
  const blocking = object({ ownerReferences: [reference('uid-web', { blockOwnerDeletion: true })] });
  const other = object({ ownerReferences: [reference('uid-web')] });
  expect(plan(leaving('foregroundDeletion'), [], [blocking, other])).toEqual({ type: 'await-dependents', blocking: [blocking] });
  expect(plan(leaving('foregroundDeletion'), [], [other])).toEqual({ type: 'release', finalizer: 'foregroundDeletion' });
});

test('what is on its way already is left to its finalizers', () => {
  expect(plan(leaving('orphan'), [], [object()])).toEqual({ type: 'orphan' });
  expect(plan(leaving('other/one'), [owner('absent')], [])).toEqual({ type: 'keep' });
});
