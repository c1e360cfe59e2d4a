import type { Plugin, PluginEntry } from './plugin.ts';

type With<K extends keyof Plugin> = Plugin & { readonly [P in K]-?: NonNullable<Plugin[P]> };
export interface Scorer {
  readonly plugin: With<'score'>;
  readonly weight: number;
}

/** A scheduler name and its plugins, sorted by what they take part in. */
export interface Profile {
  readonly schedulerName: string;
  readonly plugins: readonly Plugin[];
  readonly preEnqueue: readonly With<'preEnqueue'>[];
  readonly less: NonNullable<Plugin['less']>;
  /** Those with a filter: `preFilter` of each runs first. */
  readonly filters: readonly With<'filter'>[];
  readonly preFilters: readonly With<'preFilter'>[];
  readonly postFilter: readonly With<'postFilter'>[];
  readonly scorers: readonly Scorer[];
  readonly reserve: readonly Plugin[];
  readonly permit: readonly With<'permit'>[];
  readonly preBind: readonly With<'preBind'>[];
  readonly bind: readonly With<'bind'>[];
  readonly postBind: readonly With<'postBind'>[];
  byName(name: string): Plugin | undefined;
}

/** @throws when the plugins cannot work together: a duplicate name, not exactly one queue sort, no bind. */
export function defineProfile(schedulerName: string, entries: readonly PluginEntry[]): Profile {
  const plugins = entries.map(({ plugin }) => plugin);
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  if (byName.size !== plugins.length) throw new Error(`profile ${schedulerName} names a plugin twice`);
  const having = <K extends keyof Plugin>(point: K) =>
    plugins.filter((plugin): plugin is With<K> => plugin[point] !== undefined);
  const sorts = having('less');
  const bind = having('bind');
  if (sorts.length !== 1) throw new Error(`profile ${schedulerName} needs one queue sort plugin, has ${sorts.length}`);
  if (bind.length === 0) throw new Error(`profile ${schedulerName} has no bind plugin`);
  return {
    schedulerName,
    plugins,
    preEnqueue: having('preEnqueue'),
    less: (a, b) => sorts[0]!.less(a, b),
    filters: having('filter'),
    preFilters: having('preFilter'),
    postFilter: having('postFilter'),
    scorers: entries.flatMap(({ plugin, weight }) =>
      plugin.score === undefined || weight === 0 ? [] : [{ plugin: plugin as With<'score'>, weight }]),
    reserve: plugins.filter(({ reserve, unreserve }) => reserve ?? unreserve),
    permit: having('permit'),
    preBind: having('preBind'),
    bind,
    postBind: having('postBind'),
    byName: (name) => byName.get(name),
  };
}
