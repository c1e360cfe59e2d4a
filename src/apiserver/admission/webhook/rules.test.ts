import { expect, test } from 'vitest';
import { matchesRule, type Asked, type Rule } from './rules.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };
const asked = (more: Partial<Asked> = {}): Asked => ({ operation: 'CREATE', resource: pods, subresource: '', namespace: 'shop', ...more });
const rule = (more: Partial<Rule> = {}): Rule => ({ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], ...more });

test.each<[string, Rule, Asked, boolean]>([
  ['all resources', rule(), asked(), true],
  ['no subresource, by a star alone', rule(), asked({ subresource: 'status' }), false],
  ['all subresources', rule({ resources: ['*/*'] }), asked({ subresource: 'status' }), true],
  ['the resource itself among all subresources', rule({ resources: ['pods/*'] }), asked(), true],
  ['one subresource of everything', rule({ resources: ['*/scale'] }), asked({ subresource: 'scale' }), true],
  ['one subresource, not another', rule({ resources: ['pods/exec'] }), asked({ subresource: 'attach' }), false],
  ['another group', rule({ apiGroups: ['apps'] }), asked(), false],
  ['another version', rule({ apiVersions: ['v2'] }), asked(), false],
  ['another operation', rule({ operations: ['DELETE'] }), asked(), false],
  ['no operations', rule({ operations: [] }), asked(), false],
  ['what is in namespaces', rule({ scope: 'Namespaced' }), asked(), true],
  ['what is in namespaces, not the cluster\'s', rule({ scope: 'Namespaced' }), asked({ namespace: '' }), false],
  ['a namespace, which is the cluster\'s', rule({ scope: 'Cluster' }), asked({ resource: { ...pods, resource: 'namespaces' } }), true],
  ['what is the cluster\'s, not a namespace\'s', rule({ scope: 'Cluster' }), asked(), false],
])('%s', (_what, one, request, expected) => expect(matchesRule(one, request)).toBe(expected));
