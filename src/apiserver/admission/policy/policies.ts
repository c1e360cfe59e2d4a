/** The policies in effect: each with its bindings, compiled once, read anew after each change of either. */
import { compileMutating, compileValidating, type MutatingPrograms, type ValidatingPrograms } from '../../../kinds/admissionregistration/expressions.ts';
import type { MutatingAdmissionPolicy } from '../../../kinds/admissionregistration/mutating-admission-policy.ts';
import type { MutatingAdmissionPolicyBinding } from '../../../kinds/admissionregistration/mutating-admission-policy-binding.ts';
import type { ValidatingAdmissionPolicy } from '../../../kinds/admissionregistration/validating-admission-policy.ts';
import type { ValidatingAdmissionPolicyBinding } from '../../../kinds/admissionregistration/validating-admission-policy-binding.ts';
import type { AnyObject } from '../../../meta/object.ts';
import type { Core } from '../../core.ts';

const GROUP = 'admissionregistration.k8s.io';

export interface InEffect<Policy, Binding, Programs> {
  readonly policy: Policy;
  readonly bindings: readonly Binding[];
  readonly programs: Programs;
}

interface Named {
  readonly metadata: { readonly name: string };
}
interface Bound extends Named {
  readonly spec: { readonly policyName?: string };
}

/** Only policies that some binding names. In the order of their names, as are the bindings of each. */
class Policies<Policy extends Named & { readonly spec: object }, Binding extends Bound, Programs> {
  readonly #core: Core;
  readonly #plurals: { readonly policies: string; readonly bindings: string };
  readonly #compile: (spec: Policy['spec']) => Programs;
  readonly #compiled = new WeakMap<object, Programs>();
  #inEffect: readonly InEffect<Policy, Binding, Programs>[] | undefined;

  constructor(core: Core, plurals: { readonly policies: string; readonly bindings: string }, compile: (spec: Policy['spec']) => Programs) {
    this.#core = core;
    this.#plurals = plurals;
    this.#compile = compile;
    for (const plural of Object.values(plurals)) core.resources.of(GROUP, plural)?.cache.onChange(() => (this.#inEffect = undefined));
  }

  get(): readonly InEffect<Policy, Binding, Programs>[] {
    return (this.#inEffect ??= this.#read());
  }

  #read(): readonly InEffect<Policy, Binding, Programs>[] {
    const bindings = this.#list<Binding>(this.#plurals.bindings);
    if (bindings.length === 0) return [];
    return this.#list<Policy>(this.#plurals.policies).flatMap((policy) => {
      const own = bindings.filter(({ spec }) => spec.policyName === policy.metadata.name);
      return own.length === 0 ? [] : [{ policy, bindings: own, programs: this.#programsOf(policy) }];
    });
  }

  #programsOf(policy: Policy): Programs {
    const known = this.#compiled.get(policy);
    if (known) return known;
    const programs = this.#compile(policy.spec);
    this.#compiled.set(policy, programs);
    return programs;
  }

  #list<T>(plural: string): readonly T[] {
    // The cache holds what the kind's schema decoded.
    return [...(this.#core.resources.of(GROUP, plural)?.cache.list('') ?? [])].map(({ object }): AnyObject => object) as unknown as readonly T[];
  }
}

export type ValidatingInEffect = InEffect<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingPrograms>;
export type MutatingInEffect = InEffect<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, MutatingPrograms>;

interface Both {
  readonly validating: Policies<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingPrograms>;
  readonly mutating: Policies<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, MutatingPrograms>;
}

const known = new WeakMap<Core, Both>();

function both(core: Core): Both {
  const before = known.get(core);
  if (before) return before;
  const made: Both = {
    validating: new Policies(core, { policies: 'validatingadmissionpolicies', bindings: 'validatingadmissionpolicybindings' }, (spec) => compileValidating(spec)),
    mutating: new Policies(core, { policies: 'mutatingadmissionpolicies', bindings: 'mutatingadmissionpolicybindings' }, (spec) => compileMutating(spec)),
  };
  known.set(core, made);
  return made;
}

export const validatingPolicies = (core: Core): readonly ValidatingInEffect[] => both(core).validating.get();
export const mutatingPolicies = (core: Core): readonly MutatingInEffect[] => both(core).mutating.get();
