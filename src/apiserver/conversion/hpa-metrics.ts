/** v1 keeps the metrics it has no fields for in annotations, in the words of autoscaling/v2beta1: flat, without a `target`. */

type Loose = Readonly<Record<string, unknown>>;
const part = (value: unknown): Loose => (typeof value === 'object' && value !== null ? (value as Loose) : {});

/** How one source of metrics is written: our name of a field in `target` or `current` → the annotation's. */
interface Words {
  readonly target: Readonly<Record<string, string>>;
  readonly current: Readonly<Record<string, string>>;
  /** The annotation's name of the metric's selector; absent where a metric is only a resource. */
  readonly selector?: string;
  /** A quantity that v1 cannot leave out: "0" then stands for nothing. */
  readonly always?: { readonly target?: string; readonly current?: string };
}

const RESOURCE: Words = {
  target: { averageUtilization: 'targetAverageUtilization', averageValue: 'targetAverageValue' },
  current: { averageUtilization: 'currentAverageUtilization', averageValue: 'currentAverageValue' },
  always: { current: 'currentAverageValue' },
};
const WORDS: Readonly<Record<string, Words>> = {
  resource: RESOURCE,
  containerResource: RESOURCE,
  pods: { target: { averageValue: 'targetAverageValue' }, current: { averageValue: 'currentAverageValue' }, selector: 'selector', always: { target: 'targetAverageValue', current: 'currentAverageValue' } },
  object: { target: { value: 'targetValue', averageValue: 'averageValue' }, current: { value: 'currentValue', averageValue: 'averageValue' }, selector: 'selector', always: { target: 'targetValue', current: 'currentValue' } },
  external: { target: { value: 'targetValue', averageValue: 'targetAverageValue' }, current: { value: 'currentValue', averageValue: 'currentAverageValue' }, selector: 'metricSelector', always: { current: 'currentValue' } },
};

type Side = 'target' | 'current';

const sourceOf = (metric: Loose): string => Object.keys(WORDS).find((source) => metric[source] !== undefined) ?? '';

/** A MetricSpec (`target`) or MetricStatus (`current`) of v2 as the annotation has it. */
export function flattened(metric: Loose, side: Side): Loose {
  const source = sourceOf(metric);
  const words = WORDS[source];
  if (!words) return metric;
  const { metric: identifier, describedObject, [side]: amount, ...own } = part(metric[source]);
  const { name, selector } = part(identifier);
  const amounts = Object.fromEntries(Object.entries(words[side]).flatMap(([ours, theirs]) => {
    const value = part(amount)[ours];
    return value !== undefined ? [[theirs, value]] : words.always?.[side] === theirs ? [[theirs, '0']] : [];
  }));
  return {
    type: metric['type'],
    [source]: {
      ...own, ...(describedObject === undefined ? {} : { target: describedObject }), ...(words.selector ? { metricName: name } : {}),
      ...(words.selector && selector !== undefined ? { [words.selector]: selector } : {}), ...amounts,
    },
  };
}

/** The way back. What kind of target it is follows from which amounts are there. */
export function unflattened(metric: Loose, side: Side): Loose {
  const source = sourceOf(metric);
  const words = WORDS[source];
  if (!words) return metric;
  const own: Record<string, unknown> = { ...part(metric[source]) };
  const take = (name: string): unknown => {
    const value = own[name];
    delete own[name];
    return value;
  };
  const amounts: Record<string, unknown> = Object.fromEntries(Object.entries(words[side]).flatMap(([ours, theirs]) => {
    const value = take(theirs);
    return value === undefined || value === null ? [] : [[ours, value]];
  }));
  dropFiller(amounts, words, side);
  const selector = words.selector ? take(words.selector) : undefined;
  const identifier = words.selector ? { metric: { name: take('metricName'), ...(selector ? { selector } : {}) } } : {};
  const described = source === 'object' ? { describedObject: take('target') } : {};
  return { type: metric['type'], [source]: { ...own, ...described, ...identifier, [side]: side === 'target' ? { type: typeOf(amounts), ...amounts } : amounts } };
}

/** A zero that only stands for nothing, where another amount says what is meant. */
function dropFiller(amounts: Record<string, unknown>, words: Words, side: Side): void {
  const filler = Object.entries(words[side]).find(([, theirs]) => theirs === words.always?.[side])?.[0];
  if (filler !== undefined && amounts[filler] === '0' && Object.keys(amounts).length > 1) delete amounts[filler];
}

function typeOf({ averageUtilization, averageValue }: Loose): string {
  if (averageUtilization !== undefined) return 'Utilization';
  return averageValue !== undefined ? 'AverageValue' : 'Value';
}

type Named = readonly (readonly [ours: string, theirs: string])[];
const BEHAVIOR: Named = [['scaleUp', 'ScaleUp'], ['scaleDown', 'ScaleDown']];
const RULES: Named = [['stabilizationWindowSeconds', 'StabilizationWindowSeconds'], ['selectPolicy', 'SelectPolicy'], ['policies', 'Policies'], ['tolerance', 'Tolerance']];
const POLICY: Named = [['type', 'Type'], ['value', 'Value'], ['periodSeconds', 'PeriodSeconds']];

/** The annotation has upstream's internal names, absent ones as null. */
export function capitalized(behavior: Loose): Loose {
  const policy = (one: unknown) => rename(part(one), POLICY, (value) => value);
  const rules = (one: unknown) => (one === undefined ? null : rename(part(one), RULES, (value, name) => (name === 'policies' && Array.isArray(value) ? value.map(policy) : (value ?? null))));
  return rename(behavior, BEHAVIOR, rules);
}

const rename = (value: Loose, names: Named, map: (value: unknown, name: string) => unknown): Loose =>
  Object.fromEntries(names.map(([ours, theirs]) => [theirs, map(value[ours], ours)]));

/** Read as Go reads JSON: names in any case, null for nothing. */
export function uncapitalized(behavior: Loose): Loose {
  const policy = (one: unknown) => pick(part(one), POLICY);
  const rules = (one: unknown) => pick(part(one), RULES, (value, name) => (name === 'policies' && Array.isArray(value) ? value.map(policy) : value));
  return pick(behavior, BEHAVIOR, rules);
}

function pick(value: Loose, names: Named, map: (value: unknown, name: string) => unknown = (one) => one): Loose {
  const given = new Map(Object.entries(value).map(([name, one]) => [name.toLowerCase(), one]));
  return Object.fromEntries(names.flatMap(([ours]) => {
    const one = given.get(ours.toLowerCase());
    return one === undefined || one === null ? [] : [[ours, map(one, ours)]];
  }));
}
