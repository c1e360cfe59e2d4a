import { badRequest } from '../meta/api-error.ts';
import { parseFieldSelector } from '../meta/field-selector.ts';
import { matchesRequirements, parseLabelSelector } from '../meta/label-selector.ts';
import type { AnyObject } from '../meta/object.ts';
import type { Kind } from '../schema/kind.ts';
import type { Version } from './watch-cache/version.ts';

/** Whether a version is selected. */
export type Match = (version: Version) => boolean;

/** Selects everything. */
export const ALL: Match = () => true;

/** What a LIST or WATCH of `kind` selects. @throws ApiError BadRequest in upstream's words. */
export function selection(kind: Kind, at: { readonly namespace: string; readonly labels: string; readonly fields: string; readonly name?: string }): Match {
  const tests: Match[] = [];
  if (at.namespace !== '' && kind.scope === 'Namespaced') {
    const prefix = `${at.namespace}/`;
    tests.push(({ key, codec }) => key.startsWith(prefix, codec.prefix.length));
  }
  if (at.fields !== '') tests.push(fieldMatch(kind, at.fields));
  if (at.labels !== '') tests.push(labelMatch(at.labels));
  if (tests.length === 0) return ALL;
  if (tests.length === 1) return tests[0]!;
  return (version) => tests.every((test) => test(version));
}

function labelMatch(text: string): Match {
  const requirements = parseLabelSelector(text);
  return ({ labels }) => matchesRequirements(requirements, labels);
}

function fieldMatch(kind: Kind, text: string): Match {
  const terms = parseFieldSelector(text).map(({ field, operator, value }) => ({ read: versionReader(kind, field), equal: operator === '=', value }));
  return (version) => terms.every(({ read, equal, value }) => (read(version) === value) === equal);
}

/** Names are in the key: nothing is decoded for them. */
function versionReader(kind: Kind, field: string): (version: Version) => string {
  const read = fieldReader(kind, field);
  if (field === 'metadata.name') return ({ path }) => path.slice(path.indexOf('/') + 1);
  if (field === 'metadata.namespace') return ({ path }) => path.slice(0, path.indexOf('/'));
  return (version) => version.field(field, read);
}

export function fieldReader(kind: Kind, field: string): (object: AnyObject) => string {
  if (field === 'metadata.name') return (object) => object.metadata.name;
  if (field === 'metadata.namespace' && kind.scope === 'Namespaced') return (object) => object.metadata.namespace ?? '';
  const read = kind.fieldSelectors?.[field];
  if (read) return read as (object: never) => string as (object: AnyObject) => string;
  if (kind.fieldSelectors) throw badRequest(`field label not supported: ${field}`);
  throw badRequest(`${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`);
}
