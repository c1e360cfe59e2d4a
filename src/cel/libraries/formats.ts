/** Named formats: what a text must look like to be a label, a name, a UUID … */
import { dns1035LabelProblems, dnsLabelProblems, dnsSubdomainProblems, labelValueProblems, qualifiedNameProblems } from '../../meta/names.ts';
import type { Library } from '../signature.ts';
import { opaque } from '../types.ts';
import { timestampOf } from '../time.ts';
import { CelObject, EvaluationError, NONE, Optional, optionalOf } from '../values.ts';

const TYPE = opaque('kubernetes.NamedFormat');
type Check = (text: string) => readonly string[];

class FormatValue extends CelObject {
  readonly type = TYPE;
  readonly name: string;
  readonly check: Check;
  constructor(name: string, check: Check) {
    super();
    this.name = name;
    this.check = check;
  }
  override equals(other: unknown): boolean {
    return other instanceof FormatValue && other.name === this.name;
  }
}

/** A name that is begun: a dash at its end may be followed by more. */
const prefix = (check: Check): Check => (text) => check(text.endsWith('-') ? `${text.slice(0, -1)}a` : text);
const byPattern = (pattern: RegExp, problem: string): Check => (text) => (pattern.test(text) ? [] : [problem]);

function datetime(text: string): readonly string[] {
  try {
    timestampOf(text);
    return [];
  } catch (error) {
    if (error instanceof EvaluationError) return ['invalid datetime'];
    throw error;
  }
}

const date: Check = (text) => (/^\d{4}-\d\d-\d\d$/.test(text) && datetime(`${text}T00:00:00Z`).length === 0 ? [] : ['invalid date']);

const CHECKS: Readonly<Record<string, Check>> = {
  dns1123Label: dnsLabelProblems,
  dns1123Subdomain: dnsSubdomainProblems,
  dns1035Label: dns1035LabelProblems,
  qualifiedName: qualifiedNameProblems,
  dns1123LabelPrefix: prefix(dnsLabelProblems),
  dns1123SubdomainPrefix: prefix(dnsSubdomainProblems),
  dns1035LabelPrefix: prefix(dns1035LabelProblems),
  labelValue: labelValueProblems,
  uri: (text) => (/^([a-zA-Z][a-zA-Z0-9+.-]*:|\/)[^\s]*$/.test(text) ? [] : [`parse ${JSON.stringify(text)}: ${text === '' ? 'empty url' : 'invalid URI for request'}`]),
  uuid: byPattern(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i, 'does not match the UUID format'),
  byte: byPattern(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'invalid base64'),
  date,
  datetime,
};

const named = new Map(Object.entries(CHECKS).map(([name, check]) => [name, new FormatValue(name, check)]));

function validate({ check }: FormatValue, text: string): Optional {
  const problems = check(text);
  return problems.length === 0 ? NONE : optionalOf(problems);
}

export const formats: Library = {
  'format.named(string): optional_type<kubernetes.NamedFormat>': (name: string) => (named.has(name) ? optionalOf(named.get(name)) : NONE),
  ...Object.fromEntries([...named].map(([name, format]) => [`format.${name}(): kubernetes.NamedFormat`, () => format])),
  'kubernetes.NamedFormat.validate(string): optional_type<list<string>>': validate,
};
