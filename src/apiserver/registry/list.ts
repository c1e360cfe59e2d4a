import { nextTurn } from '../../base/clock.ts';
import { ApiError } from '../../meta/api-error.ts';
import { Compacted, FutureRevision } from '../../store/index.ts';
import type { Core } from '../core.ts';
import { type ListQuery, parseResourceVersion } from '../query.ts';
import type { Served } from '../resources.ts';
import { ALL, type Match, selection } from '../selectors.ts';
import { readable } from './remote.ts';
import { decodeContinue, encodeContinue } from '../watch-cache/continue-token.ts';
import { end } from '../watch-cache/resource-cache.ts';
import { Version } from '../watch-cache/version.ts';

/** A LIST's answer before it is written. */
export interface Page {
  readonly revision: number;
  /** As things stood, however late they are read. */
  readonly versions: Iterable<Version>;
  readonly continue: string;
  readonly remaining: number | undefined;
}

interface Wanted {
  readonly core: Core;
  readonly served: Served;
  readonly namespace: string;
  readonly match: Match;
  readonly limit: number;
  /** No selector narrows the list: what remains can be counted. */
  readonly countable: boolean;
}

export async function list(at: { core: Core; served: Served; namespace: string }, query: ListQuery): Promise<Page> {
  const chosen = await choose(at, query);
  if (!at.served.codec.isRemote) return chosen;
  const versions = [...chosen.versions];
  await readable(at.served, () => versions);
  return { ...chosen, versions };
}

async function choose(at: { core: Core; served: Served; namespace: string }, query: ListQuery): Promise<Page> {
  const { core, served, namespace } = at;
  const match = selection(served.kind, { namespace: '', labels: query.labelSelector, fields: query.fieldSelector });
  const wanted: Wanted = {
    ...at, match, limit: query.limit > 0 ? query.limit : Infinity, countable: query.labelSelector === '' && query.fieldSelector === '',
  };
  if (query.continue !== '') return nextPage(wanted, query);
  const { resourceVersion, resourceVersionMatch } = query;
  if (resourceVersion === '') await core.hub.fresh();
  else if (resourceVersion !== '0') {
    const asked = parseResourceVersion(resourceVersion);
    // A limit with a version but without a match has meant "exactly" from the beginning.
    if (resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && query.limit > 0)) return exactPage(wanted, asked, prefixOf(served, namespace));
    if (!(await core.hub.reach(asked))) throw tooLarge(asked, core.hub.revision);
  }
  return cachedPage(wanted, core.hub.revision, '');
}

async function nextPage(wanted: Wanted, query: ListQuery): Promise<Page> {
  const { core, served, namespace } = wanted;
  const { revision, start } = decodeContinue(query.continue);
  if (query.resourceVersion !== '' && query.resourceVersion !== '0') {
    throw new ApiError('BadRequest', 'specifying resource version is not allowed when using continue');
  }
  const from = prefixOf(served, namespace) + start;
  if (revision < 0) {
    await core.hub.fresh();
    return cachedPage(wanted, core.hub.revision, from);
  }
  if (served.cache.lastChange <= revision && core.hub.revision >= revision) return cachedPage(wanted, revision, from);
  try {
    return await exactPage(wanted, revision, from);
  } catch (error) {
    if (error instanceof ApiError && error.reason === 'Expired') throw expiredToken(start);
    throw error;
  }
}

/** Versions looked at before others get their turn. */
const AT_ONCE = 250;

/** From the cache, which stands at (or beyond, unchanged) `revision`. */
async function cachedPage(wanted: Wanted, revision: number, from: string): Promise<Page> {
  const { served, namespace, match, limit } = wanted;
  if (served.codec.isRemote) await readable(served, () => (match === ALL ? [] : served.cache.list(namespace, from)));
  const all = served.cache.list(namespace, from);
  if (limit === Infinity && match === ALL) return { revision, versions: all, continue: '', remaining: undefined };
  const versions: Version[] = [];
  let looked = 0;
  for (const version of all) {
    if (match(version)) {
      if (versions.length === limit) return page(wanted, { revision, versions, more: true });
      versions.push(version);
    }
    if (++looked % AT_ONCE === 0) await nextTurn();
  }
  return page(wanted, { revision, versions, more: false });
}

/** How many entries are read from the store at a time. */
const CHUNK = 500;

/** From the store, as things stood at `revision`. */
async function exactPage(wanted: Wanted, revision: number, start: string): Promise<Page> {
  const { core, served, namespace, match, limit } = wanted;
  const to = end(prefixOf(served, namespace));
  const versions: Version[] = [];
  let from = start;
  for (;;) {
    const { entries, more } = await rangeAt(core, { from, to, revision, limit: CHUNK });
    if (served.codec.isRemote && match !== ALL) await served.codec.ready(entries.map(({ value }) => value));
    for (const { key, value, modRevision } of entries) {
      const version = new Version(served.codec, { key, value, revision: Number(modRevision) });
      if (!match(version)) continue;
      if (versions.length === limit) return page(wanted, { revision, versions, more: true });
      versions.push(version);
    }
    if (!more || entries.length === 0) return page(wanted, { revision, versions, more: false });
    from = `${entries.at(-1)!.key}\u0000`;
    await nextTurn();
  }
}

async function rangeAt(core: Core, span: { from: string; to: string; revision: number; limit: number }) {
  const { from, to, revision, limit } = span;
  try {
    return await core.driver.range({ from, to, at: BigInt(revision), limit });
  } catch (error) {
    if (error instanceof Compacted) {
      throw new ApiError('Expired', `The resourceVersion for the provided list is too old.`);
    }
    if (error instanceof FutureRevision) throw tooLarge(revision, core.hub.revision);
    throw error;
  }
}

function page({ served, namespace, countable }: Wanted, { revision, versions, more }: { revision: number; versions: readonly Version[]; more: boolean }): Page {
  if (!more) return { revision, versions, continue: '', remaining: undefined };
  const start = versions.at(-1)!.key.slice(prefixOf(served, namespace).length);
  return { revision, versions, continue: encodeContinue({ revision, start }), remaining: countable ? countAfter(served, namespace, { key: versions.at(-1)!.key, revision }) : undefined };
}

/** How many come after `key` at `revision`: those of now, without what happened since, so far as that is known. */
function countAfter({ cache, codec }: Served, namespace: string, { key, revision }: { key: string; revision: number }): number | undefined {
  let count = cache.count(namespace, `${key}\u0000`);
  const prefix = namespace === '' ? codec.prefix : `${codec.prefix}${namespace}/`;
  for (const { type, version } of cache.since(revision) ?? []) {
    if (version.key <= key || !version.key.startsWith(prefix)) continue;
    if (type === 'ADDED') count--;
    else if (type === 'DELETED') count++;
  }
  return count > 0 ? count : undefined;
}

const prefixOf = ({ codec }: Served, namespace: string): string => (namespace === '' ? codec.prefix : `${codec.prefix}${namespace}/`);

export function tooLarge(asked: number, current: number): ApiError {
  return new ApiError('Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
  });
}

/** 410 with a token that goes on at the latest revision, for those who can live with that. */
function expiredToken(start: string): ApiError {
  const error = new ApiError('Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, ' +
    'or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an ' +
    'inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.');
  return Object.assign(error, { toStatus: () => ({ ...ApiError.prototype.toStatus.call(error), metadata: { continue: encodeContinue({ revision: -1, start: start.replace(/\0$/, '') }) } }) });
}
