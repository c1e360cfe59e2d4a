/** How a pod resolves names. */
import { type FieldPath, invalid, required } from '../../meta/field-error.ts';
import { ipProblems } from '../../meta/ip.ts';
import { dnsSubdomainProblems } from '../../meta/names.ts';
import { type Errors, problemsAt } from '../checks.ts';
import type { PodSpec } from './pod-spec.ts';

// What libc's resolver can hold.
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

export function* dnsErrors({ dnsPolicy, dnsConfig }: Pick<PodSpec, 'dnsPolicy' | 'dnsConfig'>, spec: FieldPath): Errors {
  const at = spec.child('dnsConfig');
  if (dnsPolicy === 'None') {
    if (!dnsConfig) return void (yield required(at, 'must provide `dnsConfig` when `dnsPolicy` is None'));
    if (!dnsConfig.nameservers?.length) return void (yield required(at.child('nameservers'), 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
  }
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  if (nameservers.length > MAX_NAMESERVERS) yield invalid(at.child('nameservers'), nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`);
  for (const [index, server] of nameservers.entries()) yield* problemsAt(at.child('nameservers').index(index), server, ipProblems(server));
  if (searches.length > MAX_SEARCHES) yield invalid(at.child('searches'), searches, `must not have more than ${MAX_SEARCHES} search paths`);
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    yield invalid(at.child('searches'), searches, `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`);
  }
  for (const [index, search] of searches.entries()) {
    const name = search.replace(/\.$/, '');
    // Underscores are let through (KEP-4427), and the root alone.
    if (search !== '.') yield* problemsAt(at.child('searches').index(index), name, dnsSubdomainProblems(name.replaceAll('_', 'a')));
  }
  for (const [index, { name }] of options.entries()) if (!name) yield required(at.child('options').index(index), 'must not be empty');
}
