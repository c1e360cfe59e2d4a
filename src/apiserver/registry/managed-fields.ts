import type { AnyObject } from '../../meta/object.ts';
import type { WriteContext } from './write-context.ts';

/** Notes the fields a creation sets. */
export function trackCreate(_context: WriteContext, object: AnyObject): AnyObject {
  return object;
}

/** Notes the fields an update changes, and who changed them. */
export function trackUpdate(_context: WriteContext, object: AnyObject, _old: AnyObject): AnyObject {
  return object;
}
