import type { Dialect, Json } from './definitions.ts';

type Typed = readonly [type: 'string' | 'boolean' | 'integer', description: string];

/** Every query parameter by name: its type and a sentence. */
export const QUERY_PARAMETERS: Readonly<Record<string, Typed>> = {
  allowWatchBookmarks: ['boolean', 'Whether a watch may be sent BOOKMARK events.'],
  command: ['string', 'The program and its arguments, one each; no shell reads them.'],
  container: ['string', 'The container meant; needed where the pod has several.'],
  continue: ['string', 'The token of an earlier answer, to read on from there.'],
  dryRun: ['string', 'All: every step is taken but the write itself.'],
  fieldManager: ['string', 'The name under which the written fields are owned.'],
  fieldSelector: ['string', 'Selects by fields: metadata.name=a,status.phase!=Running.'],
  fieldValidation: ['string', 'What unknown and doubled fields lead to: Ignore, Warn or Strict.'],
  follow: ['boolean', 'Goes on with what is written from now on.'],
  force: ['boolean', 'Takes fields over from other managers; for apply alone.'],
  gracePeriodSeconds: ['integer', 'Seconds the object has before it is gone; 0 is at once.'],
  ignoreStoreReadErrorWithClusterBreakingPotential: ['boolean', 'Deletes an object that can no longer be read.'],
  insecureSkipTLSVerifyBackend: ['boolean', "Trusts the kubelet's certificate whatever it is."],
  labelSelector: ['string', 'Selects by labels: app=web,tier in (a,b).'],
  limit: ['integer', 'How many objects an answer has at the most.'],
  limitBytes: ['integer', 'Ends the answer after so many bytes.'],
  orphanDependents: ['boolean', 'Replaced by propagationPolicy.'],
  path: ['string', 'What is asked of the other side, from its root.'],
  ports: ['integer', 'The ports to be forwarded; for WebSocket clients.'],
  pretty: ['string', 'Whether the answer is indented.'],
  previous: ['boolean', 'The log of the container that ran before this one.'],
  propagationPolicy: ['string', 'What becomes of dependents: Orphan, Background or Foreground.'],
  resourceVersion: ['string', 'The revision to read at or to watch from.'],
  resourceVersionMatch: ['string', 'How resourceVersion is meant: Exact or NotOlderThan.'],
  sendInitialEvents: ['boolean', 'Whether a watch begins with the objects there are.'],
  sinceSeconds: ['integer', 'Only what was written in the last so many seconds.'],
  stderr: ['boolean', 'Whether standard error is sent.'],
  stdin: ['boolean', 'Whether standard input is taken.'],
  stdout: ['boolean', 'Whether standard output is sent.'],
  stream: ['string', 'Which stream of the log: All, Stdout or Stderr.'],
  tailLines: ['integer', 'Only the last so many lines.'],
  timeoutSeconds: ['integer', 'When the server ends a list or watch.'],
  timestamps: ['boolean', 'Begins each line with the time it was written.'],
  tty: ['boolean', 'Whether the streams are a terminal.'],
  watch: ['boolean', 'Answers with changes as they happen instead of a list.'],
};

const PATH_PARAMETERS: Readonly<Record<string, (of: string) => string>> = {
  logpath: () => 'path to the log',
  name: (of) => `name of the ${of}`,
  namespace: () => 'the namespace it lives in',
  path: () => "path on the other side; what comes after the proxy's own",
};

/** Old clients look for these in the operation itself, and take no reference for one. */
const INLINE = new Set(['dryRun', 'fieldValidation']);

/** A query parameter where it is used: v2 refers to the one definition all uses share. */
export function queryParameter(name: string, dialect: Dialect): Json {
  return dialect === 'v2' && !INLINE.has(name) ? { $ref: `#/parameters/${name}` } : written(name, 'query', { typed: QUERY_PARAMETERS[name]!, dialect });
}

/** The parameters that stand in a path, in order of name. `of`: whose name it is. */
export function pathParameters(path: string, of: string, dialect: Dialect): readonly Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).toSorted()
    .map((name) => ({ ...written(name, 'path', { typed: ['string', PATH_PARAMETERS[name]!(of)], dialect }), required: true }));
}

/** v2's `parameters`: what {@link queryParameter} refers to. */
export function sharedParameters(): Json {
  return Object.fromEntries(Object.entries(QUERY_PARAMETERS).filter(([name]) => !INLINE.has(name)).map(([name, typed]) => [name, written(name, 'query', { typed, dialect: 'v2' })]));
}

function written(name: string, at: 'query' | 'path', { typed: [type, description], dialect }: { readonly typed: Typed; readonly dialect: Dialect }): Json {
  const schema = { type, uniqueItems: true };
  return dialect === 'v2' ? { description, in: at, name, ...schema } : { description, in: at, name, schema };
}
