/** Names of drivers, pools, attributes and requests, and the lists that hold things by them. */
import { duplicate, type FieldPath, invalid, required, tooLong, tooMany } from '../../meta/field-error.ts';
import { dnsLabelProblems, dnsSubdomainProblems, isCIdentifier, labelValueProblems, qualifiedNameProblems } from '../../meta/names.ts';
import { type Errors, problemsAt } from '../checks.ts';
import { driverNameErrors } from '../core/volume-validation.ts';

const MAX_POOL = 253;
const MAX_IDENTIFIER = 32;

/** As a CSI driver's name. */
export function* resourceDriverErrors(name: string, at: FieldPath): Errors {
  if (!name) yield required(at);
  yield* driverNameErrors(name, at);
}

export function* poolNameErrors(name: string, at: FieldPath): Errors {
  if (!name) return void (yield required(at));
  if (name.length > MAX_POOL) yield tooLong(at, MAX_POOL);
  for (const part of name.split('/')) yield* problemsAt(at, part, dnsSubdomainProblems(part));
}

export const labelNameErrors = (name: string, at: FieldPath): Errors => problemsAt(at, name, dnsLabelProblems(name));
export const keyErrors = (key: string, at: FieldPath): Errors => problemsAt(at, key, qualifiedNameProblems(key));
export const labelValueErrors = (value: string, at: FieldPath): Errors => problemsAt(at, value, labelValueProblems(value));

const C_IDENTIFIER = "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')";

function* identifierErrors(id: string, at: FieldPath): Errors {
  if (id.length > MAX_IDENTIFIER) yield tooLong(at, MAX_IDENTIFIER);
  if (!isCIdentifier(id)) yield invalid(at, id, C_IDENTIFIER);
}

/** `name`, or `domain/name`. */
export function* attributeNameErrors(name: string, at: FieldPath): Errors {
  const [first = '', second, ...more] = name.split('/');
  if (more.length > 0) return void (yield invalid(at, name, 'must not contain more than one slash'));
  if (second === undefined) return void (yield* identifierErrors(first, at));
  if (first === '') yield invalid(at, '', 'the domain must not be empty');
  else yield* resourceDriverErrors(first, at);
  if (second === '') yield invalid(at, '', 'the name must not be empty');
  else yield* identifierErrors(second, at);
}

export function* fullAttributeNameErrors(name: string, at: FieldPath): Errors {
  yield* attributeNameErrors(name, at);
  if (!name.includes('/')) yield invalid(at, name, 'a fully qualified name must be a domain and a name separated by a slash');
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function* uidErrors(uid: string, at: FieldPath): Errors {
  if (!UUID.test(uid)) {
    const why = uid.length === 36 ? 'invalid UUID format' : `invalid UUID length: ${uid.length}`;
    yield invalid(at, uid, `error validating uid: ${why}`);
  } else if (uid !== uid.toLowerCase()) {
    yield invalid(at, uid, 'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters');
  }
}

interface ListRule<T> {
  readonly max?: number;
  readonly each: (item: T, at: FieldPath) => Errors;
  /** What no two items may share. */
  readonly key?: (item: T) => unknown;
}

/** A list that is too long is not looked at any closer. */
export function* listErrors<T>(items: readonly T[] = [], at: FieldPath, { max = Infinity, each, key }: ListRule<T>): Errors {
  if (items.length > max) return void (yield tooMany(at, items.length, max));
  for (const [index, item] of items.entries()) yield* each(item, at.index(index));
  if (!key) return;
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const identity = key(item);
    const text = typeof identity === 'string' ? identity : JSON.stringify(identity);
    if (seen.has(text)) yield duplicate(at.index(index), identity);
    seen.add(text);
  }
}

interface MapRule<T> {
  readonly max?: number;
  /** Bytes of a key that fit into a path. */
  readonly shown: number;
  readonly key: (key: string, at: FieldPath) => Errors;
  readonly each: (item: T, at: FieldPath) => Errors;
}

export function* mapErrors<T>(map: Readonly<Record<string, T>> = {}, at: FieldPath, { max = Infinity, shown, key, each }: MapRule<T>): Errors {
  const entries = Object.entries(map);
  if (entries.length > max) return void (yield tooMany(at, entries.length, max));
  for (const [name, item] of entries) {
    yield* key(name, at);
    yield* each(item, at.key(shortened(name, shown)));
  }
}

/** Long keys lose their middle. */
function shortened(text: string, max: number): string {
  if (text.length <= max) return text;
  const left = max - '...'.length;
  return `${text.slice(0, Math.floor((left + 1) / 2))}...${text.slice(text.length - Math.floor(left / 2))}`;
}
