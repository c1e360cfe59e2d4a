import { badRequest } from './api-error.ts';

/** One term of a field selector: `status.phase!=Running`. */
export interface FieldTerm {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** The terms of `kubectl get --field-selector` text; commas, equals signs and backslashes in values are escaped by a backslash. @throws ApiError BadRequest */
export function parseFieldSelector(text: string): readonly FieldTerm[] {
  return splitTerms(text).filter((term) => term !== '').map((term) => {
    const match = /^([^=!]*)(==|!=|=)(.*)$/s.exec(term);
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    return { field: match[1]!, operator: match[2] === '!=' ? '!=' : '=', value: unescape(match[3]!) };
  });
}

/** Splits at commas that no backslash precedes. */
function splitTerms(text: string): readonly string[] {
  return text.match(/(?:\\.|[^,\\]|\\$)+/gs) ?? [];
}

function unescape(value: string): string {
  let result = '';
  for (let at = 0; at < value.length; at++) {
    const char = value[at]!;
    if (char === '\\') {
      const next = value[++at];
      if (next === undefined || !'\\,='.includes(next)) throw badRequest(`invalid field selector: invalid escape sequence: \\${next ?? ''}`);
      result += next;
    } else if (char === '=' || char === ',') throw badRequest(`invalid field selector: unescaped character in value: ${char}`);
    else result += char;
  }
  return result;
}

/** @param valueOf what the object holds in a field; fields it does not know are '' */
export const matchesFields = (terms: readonly FieldTerm[], valueOf: (field: string) => string): boolean =>
  terms.every(({ field, operator, value }) => (valueOf(field) === value) === (operator === '='));

/** The value a selector demands of `field`, where it demands one: an index can serve it. */
export const exactValue = (terms: readonly FieldTerm[], field: string): string | undefined =>
  terms.find((term) => term.field === field && term.operator === '=')?.value;

/** The text that parses to these terms. */
export const formatFieldSelector = (terms: readonly FieldTerm[]): string =>
  terms.map(({ field, operator, value }) => `${field}${operator}${value.replace(/[\\,=]/g, '\\$&')}`).join(',');
