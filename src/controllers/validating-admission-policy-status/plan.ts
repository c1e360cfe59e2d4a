import { DYN } from '../../cel/types.ts';
import type { Compiled } from '../../cel/compile.ts';
import { compileValidating } from '../../kinds/admissionregistration/expressions.ts';
import type { ExpressionWarning, ValidatingAdmissionPolicy } from '../../kinds/admissionregistration/validating-admission-policy.ts';
import { isOf, type TypedKind } from './types.ts';

/** No more kinds are looked at. */
const MOST_KINDS = 10;

type Spec = ValidatingAdmissionPolicy['spec'];
type Rule = NonNullable<NonNullable<Spec['matchConstraints']>['resourceRules']>[number];

/** The kinds a policy names; rules with stars in them name none. */
function kindsOf({ matchConstraints }: Spec, known: readonly TypedKind[]): readonly TypedKind[] {
  const found = new Set<TypedKind>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of (matchConstraints?.resourceRules ?? []) as readonly Rule[]) {
    if ([...apiGroups, ...apiVersions].some((text) => text.includes('*'))) continue;
    for (const kind of known) {
      if (found.size === MOST_KINDS) break;
      if (apiGroups.includes(kind.group) && apiVersions.includes(kind.version) && resources.includes(kind.plural)) found.add(kind);
    }
  }
  const order = ({ group, version, kind }: TypedKind) => `${group}\0${version}\0${kind}`;
  return [...found].toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
}

const PREFIX = 'compilation failed: ';
const problemOf = (compiled: Compiled | undefined): string | undefined =>
  compiled && !compiled.ok && compiled.reason.startsWith(PREFIX) ? compiled.reason.slice(PREFIX.length) : undefined;

/** Where a policy's expressions do not fit the types it names: a mistake that may be one, and keeps nothing from working. */
export function typeWarnings({ spec }: Pick<ValidatingAdmissionPolicy, 'spec'>, known: readonly TypedKind[]): readonly ExpressionWarning[] {
  const kinds = kindsOf(spec, known);
  const params = spec.paramKind && known.find((one) => isOf(one, spec.paramKind?.apiVersion, spec.paramKind?.kind));
  const programs = kinds.map((kind) => ({ kind, ...compileValidating(spec, { object: kind.type, paramsType: params?.type ?? DYN }) }));
  const warnings: ExpressionWarning[] = [];
  const warn = (fieldRef: string, problems: readonly (readonly [TypedKind, string | undefined])[]): void => {
    const texts = problems.flatMap(([{ group, version, kind }, problem]) => (problem === undefined ? [] : [`${group}/${version}, Kind=${kind}: ${problem}\n`]));
    if (texts.length > 0) warnings.push({ fieldRef, warning: texts.join('\n') });
  };
  for (const index of (spec.validations ?? []).keys()) {
    const at = `spec.validations[${index}]`;
    warn(`${at}.expression`, programs.map(({ kind, validations }) => [kind, problemOf(validations[index]!.expression)]));
    warn(`${at}.messageExpression`, programs.map(({ kind, validations }) => [kind, problemOf(validations[index]!.message)]));
  }
  return warnings;
}
