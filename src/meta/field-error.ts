/**
 * Where in an object something is wrong: `spec.template.spec.containers[0].name`, `metadata.labels[app]`. Validation walks along
 * many paths and writes few, so that the text is made only when asked for.
 */
export class FieldPath {
  readonly #parent: FieldPath | undefined;
  /** `name` of a field, or `[key]`. */
  readonly #step: string;
  private constructor(parent: FieldPath | undefined, step: string) {
    this.#parent = parent;
    this.#step = step;
  }

  /** The object's root, or a path from text. */
  static of(text = ''): FieldPath {
    return new FieldPath(undefined, text);
  }

  /** One or more fields below: `child('spec')`, `child('template.metadata')`. */
  child(name: string): FieldPath {
    return new FieldPath(this, name);
  }

  /** A list's element. */
  index(position: number): FieldPath {
    return new FieldPath(this, `[${position}]`);
  }

  /** A map's entry. */
  key(name: string): FieldPath {
    return new FieldPath(this, `[${name}]`);
  }

  toString(): string {
    const before = this.#parent?.toString() ?? '';
    return before === '' || this.#step.startsWith('[') ? before + this.#step : `${before}.${this.#step}`;
  }
}

/** The causes of a 422, as `status.details.causes[].reason` names them (field.ErrorType upstream). */
export type FieldErrorReason =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

/** One thing wrong with an object. `message` excludes the path: `Invalid value: "x": must be …`. */
export interface FieldError {
  readonly reason: FieldErrorReason;
  readonly field: string;
  readonly message: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"', '\\': '\\\\', '\u0007': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v',
};

/** As Go's %q: what cannot be seen is named by its code, in hexadecimal. */
export function quote(text: string): string {
  const shown = text.replace(/["\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (char) => ESCAPES[char] ?? coded(char.codePointAt(0)!));
  return `"${shown}"`;
}

function coded(code: number): string {
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}

/** How upstream prints a bad value: strings quoted, scalars bare, the rest as JSON. */
export function printValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value);
}

const fieldError = (reason: FieldErrorReason, at: FieldPath, message: string): FieldError => ({
  reason,
  field: at.toString(),
  message,
});

export const invalid = (at: FieldPath, value: unknown, detail: string): FieldError =>
  fieldError('FieldValueInvalid', at, `Invalid value: ${printValue(value)}: ${detail}`);

export const typeInvalid = (at: FieldPath, value: unknown, detail: string): FieldError =>
  fieldError('FieldValueTypeInvalid', at, `Invalid value: ${printValue(value)}: ${detail}`);

export const required = (at: FieldPath, detail = ''): FieldError =>
  fieldError('FieldValueRequired', at, detail === '' ? 'Required value' : `Required value: ${detail}`);

export const duplicate = (at: FieldPath, value: unknown): FieldError =>
  fieldError('FieldValueDuplicate', at, `Duplicate value: ${printValue(value)}`);

export const notFoundValue = (at: FieldPath, value: unknown): FieldError =>
  fieldError('FieldValueNotFound', at, `Not found: ${printValue(value)}`);

export const forbidden = (at: FieldPath, detail: string): FieldError =>
  fieldError('FieldValueForbidden', at, `Forbidden: ${detail}`);

/** `supported` in the order upstream lists them. */
export const notSupported = (at: FieldPath, value: unknown, supported: readonly string[]): FieldError =>
  fieldError(
    'FieldValueNotSupported',
    at,
    `Unsupported value: ${printValue(value)}${supported.length > 0 ? `: supported values: ${supported.map((v) => JSON.stringify(v)).join(', ')}` : ''}`,
  );

export const tooLong = (at: FieldPath, maxBytes: number): FieldError =>
  fieldError('FieldValueTooLong', at, `Too long: may not be more than ${maxBytes} bytes`);

export const tooMany = (at: FieldPath, actual: number, max: number): FieldError =>
  fieldError('FieldValueTooMany', at, `Too many: ${actual}: must have at most ${max} ${max === 1 ? 'item' : 'items'}`);
