import { deepEqual } from '../base/deep-equal.ts';
import { isRecord } from './own.ts';

/** An operation of a JSON patch (RFC 6902), of those that a difference needs. */
export type Difference =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** The JSON patch that makes `after` of `before`. Lists of one length are compared element by element; others are replaced whole. */
export function differences(before: unknown, after: unknown, path = ''): readonly Difference[] {
  if (deepEqual(before, after)) return [];
  if (isRecord(before) && isRecord(after)) return fieldDifferences(before, after, path);
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return after.flatMap((item, at) => differences(before[at], item, `${path}/${at}`));
  }
  return [{ op: 'replace', path, value: after }];
}

type Fields = Readonly<Record<string, unknown>>;

/** A field that is undefined is not there. */
function fieldDifferences(before: Fields, after: Fields, path: string): readonly Difference[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name): readonly Difference[] => {
    const at = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const [had, has] = [Object.hasOwn(before, name) && before[name] !== undefined, Object.hasOwn(after, name) && after[name] !== undefined];
    if (had && has) return differences(before[name], after[name], at);
    if (has) return [{ op: 'add', path: at, value: after[name] }];
    return had ? [{ op: 'remove', path: at }] : [];
  });
}
