import { badRequest } from './api-error.ts';
import { labelValueProblems, qualifiedNameProblems } from './names.ts';

type Labels = Readonly<Record<string, string>>;

/** metav1.LabelSelector. Empty selects everything; absent selects nothing. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

type Operator = '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One term of a selector. */
export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

function holds({ key, operator, values }: Requirement, labels: Labels | undefined): boolean {
  const has = labels !== undefined && Object.hasOwn(labels, key);
  const value = has ? labels[key]! : '';
  switch (operator) {
    case '=':
    case 'in':
      return has && values.includes(value);
    case '!=':
    case 'notin':
      return !has || !values.includes(value);
    case 'exists':
      return has;
    case '!':
      return !has;
    case 'gt':
    case 'lt': {
      if (!has || !/^[+-]?\d+$/.test(value)) return false;
      return operator === 'gt' ? BigInt(value) > BigInt(values[0]!) : BigInt(value) < BigInt(values[0]!);
    }
  }
}

export const matchesRequirements = (requirements: readonly Requirement[], labels: Labels | undefined): boolean =>
  requirements.every((requirement) => holds(requirement, labels));

const OPERATORS: ReadonlyMap<string, Operator> = new Map([['In', 'in'], ['NotIn', 'notin'], ['Exists', 'exists'], ['DoesNotExist', '!']]);

/** The terms of a LabelSelector object, labels first in order of their keys. @throws Error on an operator that does not exist. */
export function requirementsOf(selector: LabelSelector): readonly Requirement[] {
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...labels.map(([key, value]): Requirement => ({ key, operator: '=', values: [value] })),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values = [] }): Requirement => {
      const known = OPERATORS.get(operator);
      if (!known) throw new Error(`"${operator}" is not a valid label selector operator`);
      return { key, operator: known, values };
    }),
  ];
}

const compiled = new WeakMap<LabelSelector, readonly Requirement[]>();

/** Whether `labels` are selected: an absent selector selects nothing, an empty one everything. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (!selector) return false;
  let requirements = compiled.get(selector);
  if (!requirements) compiled.set(selector, (requirements = requirementsOf(selector)));
  return matchesRequirements(requirements, labels);
}

export const isEmptySelector = (selector: LabelSelector): boolean =>
  Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;

/** Selects what has all these labels; Services' and ReplicationControllers' plain maps. */
export const matchesLabels = (wanted: Labels, labels: Labels | undefined): boolean =>
  Object.entries(wanted).every(([key, value]) => labels !== undefined && Object.hasOwn(labels, key) && labels[key] === value);

/** As `kubectl get -l` takes it: `app=web,tier in (a,b),!canary`. */
export function formatRequirements(requirements: readonly Requirement[]): string {
  return requirements.map(({ key, operator, values }) => {
    const sorted = values.toSorted().join(',');
    switch (operator) {
      case '=': return `${key}=${sorted}`;
      case '!=': return `${key}!=${sorted}`;
      case 'in': return `${key} in (${sorted})`;
      case 'notin': return `${key} notin (${sorted})`;
      case 'exists': return key;
      case '!': return `!${key}`;
      case 'gt': return `${key}>${sorted}`;
      case 'lt': return `${key}<${sorted}`;
    }
  }).join(',');
}

/** `<none>` where it selects everything, as kubectl prints it; terms in order of their keys, `<error>` where one says nothing. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined || isEmptySelector(selector)) return '<none>';
  if (selector.matchExpressions?.some(({ operator }) => !OPERATORS.has(operator))) return '<error>';
  return formatRequirements(requirementsOf(selector).toSorted(({ key: a }, { key: b }) => (a < b ? -1 : Number(a > b))));
}

const TOKEN = /\s*(?:(==|!=|=|!|\(|\)|,|>|<)|([^\s=!(),<>]+))/y;

interface Token {
  readonly symbol?: string;
  readonly word?: string;
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text)!;
    found.push(match[1] === undefined ? { word: match[2]! } : { symbol: match[1] });
  }
  return found;
}

const unparsable = (why: string) => badRequest(`unable to parse requirement: ${why}`);
const shown = (token: Token | undefined): string => token?.word ?? token?.symbol ?? '';

/** The terms of a selector as text. @throws ApiError BadRequest in upstream's words. */
export function parseLabelSelector(text: string): readonly Requirement[] {
  const queue = tokens(text);
  const requirements: Requirement[] = [];
  if (queue.length === 0) return requirements;
  for (;;) {
    requirements.push(checked(parseRequirement(queue)));
    const next = queue.shift();
    if (!next) return requirements;
    if (next.symbol !== ',') throw badRequest(`found '${shown(next)}', expected: ',' or 'end of string'`);
    if (queue.length === 0 || queue[0]!.symbol === ',') throw badRequest(`found '${shown(queue[0])}', expected: identifier after ','`);
  }
}

function parseRequirement(queue: Token[]): Requirement {
  const first = queue.shift()!;
  if (first.symbol === '!') {
    const key = queue.shift();
    if (key?.word === undefined) throw unparsable(`found '${shown(key)}', expected: identifier`);
    return { key: key.word, operator: '!', values: [] };
  }
  if (first.word === undefined) throw badRequest(`found '${shown(first)}', expected: !, identifier, or 'end of string'`);
  const key = first.word;
  const next = queue[0];
  if (!next || next.symbol === ',') return { key, operator: 'exists', values: [] };
  queue.shift();
  if (next.word === 'in' || next.word === 'notin') return { key, operator: next.word, values: parseValues(queue) };
  switch (next.symbol) {
    case '=':
    case '==': return { key, operator: '=', values: [exactValue(queue)] };
    case '!=': return { key, operator: '!=', values: [exactValue(queue)] };
    case '>': return { key, operator: 'gt', values: [exactValue(queue)] };
    case '<': return { key, operator: 'lt', values: [exactValue(queue)] };
    default: throw unparsable(`found '${shown(next)}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function exactValue(queue: Token[]): string {
  const next = queue[0];
  if (!next || next.symbol === ',') return '';
  queue.shift();
  if (next.word === undefined) throw unparsable(`found '${shown(next)}', expected: identifier`);
  return next.word;
}

function parseValues(queue: Token[]): readonly string[] {
  const open = queue.shift();
  if (open?.symbol !== '(') throw unparsable(`found '${shown(open)}' expected: '('`);
  const values = new Set<string>();
  let pending = '';
  for (;;) {
    const token = queue.shift();
    if (!token) throw unparsable("found '', expected: ',' or ')'");
    if (token.word !== undefined) pending = token.word;
    else if (token.symbol === ',' || token.symbol === ')') {
      values.add(pending);
      pending = '';
      if (token.symbol === ')') return [...values];
    } else throw unparsable(`found '${shown(token)}', expected: ',', or ')'`);
  }
}

function checked(requirement: Requirement): Requirement {
  const { key, operator, values } = requirement;
  const wrongKey = qualifiedNameProblems(key);
  if (wrongKey.length > 0) throw unparsable(`key: Invalid value: ${JSON.stringify(key)}: ${wrongKey.join('; ')}`);
  if ((operator === 'gt' || operator === 'lt') && !/^[+-]?\d+$/.test(values[0]!)) {
    throw unparsable(`values[0]: Invalid value: ${JSON.stringify(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer`);
  }
  for (const [position, value] of values.entries()) {
    const wrong = labelValueProblems(value);
    if (wrong.length > 0) throw unparsable(`values[${position}][${key}]: Invalid value: ${JSON.stringify(value)}: ${wrong.join('; ')}`);
  }
  return requirement;
}
