/**
 * The rules names obey (apimachinery's util/validation). Each returns what is wrong, in upstream's words; an empty list is a
 * valid name.
 */
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS_LABEL = new RegExp(`^${LABEL}$`);
const DNS_SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const DNS_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const QUALIFIED_NAME = new RegExp(`^${QUALIFIED}$`);
const LABEL_VALUE = new RegExp(`^(${QUALIFIED})?$`);
const ENV_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;
const RELAXED_ENV_NAME = /^[ -<>-~]+$/;
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;
const C_IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const MAX_LABEL = 63;
export const MAX_SUBDOMAIN = 253;

const tooLong = (max: number): string => `must be no more than ${max} bytes`;
const EMPTY = 'must be non-empty';

/** How upstream explains a regular expression: a sentence, examples, the expression. */
function explain(sentence: string, expression: string, ...examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${sentence} (e.g. ${shown === '' ? '' : shown}regex used for validation is '${expression}')`;
}

export function dnsLabelProblems(value: string): readonly string[] {
  const problems = value.length > MAX_LABEL ? [tooLong(MAX_LABEL)] : [];
  if (DNS_LABEL.test(value)) return problems;
  return [
    ...problems,
    explain("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character", LABEL, 'my-name', '123-abc'),
  ];
}

export function dnsSubdomainProblems(value: string): readonly string[] {
  const problems = value.length > MAX_SUBDOMAIN ? [tooLong(MAX_SUBDOMAIN)] : [];
  if (DNS_SUBDOMAIN.test(value)) return problems;
  return [
    ...problems,
    explain("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character", `${LABEL}(\\.${LABEL})*`, 'example.com'),
  ];
}

export function dns1035LabelProblems(value: string): readonly string[] {
  const problems = value.length > MAX_LABEL ? [tooLong(MAX_LABEL)] : [];
  if (DNS_1035.test(value)) return problems;
  return [
    ...problems,
    explain("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character", '[a-z]([-a-z0-9]*[a-z0-9])?', 'my-name', 'abc-123'),
  ];
}

/** `*.` and a subdomain. */
export function wildcardSubdomainProblems(value: string): readonly string[] {
  if (value.startsWith('*.') && DNS_SUBDOMAIN.test(value.slice(2))) return value.length > MAX_SUBDOMAIN ? [tooLong(MAX_SUBDOMAIN)] : [];
  const sentence = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [explain(sentence, `\\*\\.${LABEL}(\\.${LABEL})*`, '*.example.com')];
}

/** A label or annotation key: an optional DNS subdomain and `/`, then a name. */
export function qualifiedNameProblems(value: string): readonly string[] {
  const parts = value.split('/');
  const problems: string[] = [];
  if (parts.length > 2) {
    return [explain("a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", QUALIFIED, 'MyName', 'my.name', '123-abc') +
      " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"];
  }
  const [prefix, name] = parts.length === 2 ? parts : [undefined, parts[0]];
  if (prefix === '') problems.push(`prefix part ${EMPTY}`);
  else if (prefix !== undefined) problems.push(...dnsSubdomainProblems(prefix).map((problem) => `prefix part ${problem}`));
  if (name === '') problems.push(`name part ${EMPTY}`);
  else if (name!.length > MAX_LABEL) problems.push(`name part ${tooLong(MAX_LABEL)}`);
  if (!QUALIFIED_NAME.test(name!)) {
    problems.push(`name part ${explain("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", QUALIFIED, 'MyName', 'my.name', '123-abc')}`);
  }
  return problems;
}

export function labelValueProblems(value: string): readonly string[] {
  const problems = value.length > MAX_LABEL ? [tooLong(MAX_LABEL)] : [];
  if (LABEL_VALUE.test(value)) return problems;
  return [
    ...problems,
    explain("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", `(${QUALIFIED})?`, 'MyValue', 'my_value', '12345'),
  ];
}

/** The relaxed rule of v1.30 and later: any printable ASCII but `=`. */
export function envNameProblems(value: string): readonly string[] {
  if (value === '') return ['environment variable name ' + EMPTY];
  return RELAXED_ENV_NAME.test(value) ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** The strict rule that still decides which variables envFrom takes over. */
export const isStrictEnvName = (value: string): boolean => ENV_NAME.test(value);
export const isCIdentifier = (value: string): boolean => C_IDENTIFIER.test(value);

/** Keys of ConfigMaps and Secrets. */
export function configKeyProblems(value: string): readonly string[] {
  const problems = value.length > MAX_SUBDOMAIN ? [tooLong(MAX_SUBDOMAIN)] : [];
  if (!CONFIG_KEY.test(value)) {
    problems.push(explain("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", '[-._a-zA-Z0-9]+', 'key.name', 'KEY_NAME', 'key-name'));
  } else if (value === '.') problems.push("must not be '.'");
  else if (value === '..') problems.push("must not be '..'");
  else if (value.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}

/** A name that is one segment of a URL path: RBAC's rule. */
export function pathSegmentProblems(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((bad) => value.includes(bad)).map((bad) => `may not contain '${bad}'`);
}

/** A port's name: IANA_SVC_NAME. */
export function portNameProblems(value: string): readonly string[] {
  const problems: string[] = [];
  if (value.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]*$/.test(value)) problems.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

export const portProblems = (port: number): readonly string[] => (Number.isInteger(port) && port >= 1 && port <= 65_535 ? [] : ['must be between 1 and 65535, inclusive']);
