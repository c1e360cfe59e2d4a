import type { AnyObject } from '../../meta/object.ts';

/** events.k8s.io/v1's name → core/v1's; the rest is named alike. */
const NAMES = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
} as const;
const BACK: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(NAMES).map(([ours, core]) => [core, ours]));

const renamed = (object: AnyObject, names: Readonly<Record<string, string>>): AnyObject =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [names[name] ?? name, value])) as unknown as AnyObject;

export const toCoreEvent = (event: AnyObject): AnyObject => renamed(event, NAMES);
export const fromCoreEvent = (event: AnyObject): AnyObject => renamed(event, BACK);
