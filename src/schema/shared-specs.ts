/**
 * Specs of objects that are made by the thousand from one template. Equal ones become one object: decoded, defaulted, checked and
 * written out once, and held in memory once. A spec is data that never changes, so nobody can tell.
 */
import { Twins } from '../base/twins.ts';
import type { AnyObject } from '../meta/object.ts';
import { isRecord } from '../meta/own.ts';
import type { Kind } from './kind.ts';

/** By kind: from what callers sent to what it decodes to, and of what is about to be stored the first of its like. */
interface Shared {
  readonly decoded: Twins<object>;
  readonly stored: Twins<object>;
}

const byKind = new WeakMap<Kind, Shared>();

function sharedOf(kind: Kind): Shared {
  let shared = byKind.get(kind);
  if (!shared) byKind.set(kind, (shared = { decoded: new Twins(), stored: new Twins() }));
  return shared;
}

/** undefined where the kind's specs are not shared, or not this one. */
function hintOf(kind: Kind, spec: unknown): string | undefined {
  return kind.sharesSpec && isRecord(spec) ? kind.sharesSpec(spec) : undefined;
}

/** The decoded, defaulted spec that `json`, sent by a caller, decodes to, where that is known. */
export function knownSpec(kind: Kind, json: unknown): object | undefined {
  if (!kind.sharesSpec || !isRecord(json)) return undefined;
  const { spec } = json;
  if (isShared(spec)) return spec; // of a stored object, which a patch left alone
  const hint = hintOf(kind, spec);
  return hint === undefined ? undefined : sharedOf(kind).decoded.get(hint, spec);
}

/** Keeps what `json` was decoded to, without problems. */
export function keepSpec(kind: Kind, json: unknown, decoded: AnyObject): void {
  if (!kind.sharesSpec || !isRecord(json)) return;
  const hint = hintOf(kind, json['spec']);
  if (hint !== undefined && isRecord(decoded['spec'])) sharedOf(kind).decoded.set(hint, json['spec'], decoded['spec']);
}

/** The object with the spec that others like it have. */
export function withSharedSpec(kind: Kind, object: AnyObject): AnyObject {
  const { spec } = object;
  const hint = hintOf(kind, spec);
  if (hint === undefined || !isRecord(spec) || texts.has(spec)) return object;
  const { stored } = sharedOf(kind);
  const first = stored.get(hint, spec);
  if (first) return { ...object, spec: first };
  stored.set(hint, spec, spec);
  texts.set(spec, undefined);
  return object;
}

/** Of specs that are shared, their JSON once somebody asked. */
const texts = new WeakMap<object, string | undefined>();

export const isShared = (spec: unknown): spec is object => isRecord(spec) && texts.has(spec);

/** The JSON of a field's value: of a shared spec it is at hand. */
export function jsonOf(value: unknown): string {
  if (!isRecord(value) || !texts.has(value)) return JSON.stringify(value);
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
}
