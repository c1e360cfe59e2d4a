import type { FlowSchema } from '../../kinds/flowcontrol/flow-schema.ts';
import type { PriorityLevelConfiguration } from '../../kinds/flowcontrol/priority-level-configuration.ts';
import type { AnyObject } from '../../meta/object.ts';
import { compileRules, type Matches } from './matching.ts';

/** A PriorityLevelConfiguration, read once. */
export interface LevelSettings {
  readonly name: string;
  readonly uid: string;
  readonly exempt: boolean;
  /** nominalConcurrencyShares: what part of the server's seats is the level's own. */
  readonly shares: number;
  readonly lendablePercent: number;
  /** Undefined: it may borrow all there is. */
  readonly borrowingLimitPercent: number | undefined;
  /** Undefined: what cannot run at once is refused. */
  readonly queuing: QueuingSettings | undefined;
}

export interface QueuingSettings {
  readonly queues: number;
  readonly handSize: number;
  readonly queueLengthLimit: number;
}

/** A FlowSchema, read once. */
export interface SchemaSettings {
  readonly name: string;
  readonly uid: string;
  readonly level: string;
  readonly precedence: number;
  readonly distinguisher: 'ByUser' | 'ByNamespace' | '';
  readonly matches: Matches;
}

export function levelSettings(object: AnyObject): LevelSettings {
  const { metadata, spec } = object as unknown as PriorityLevelConfiguration;
  const { type, limited, exempt } = spec ?? { type: 'Limited' };
  const of = { name: metadata.name ?? '', uid: metadata.uid ?? '' };
  if (type === 'Exempt') {
    return { ...of, exempt: true, shares: exempt?.nominalConcurrencyShares ?? 0, lendablePercent: exempt?.lendablePercent ?? 0, borrowingLimitPercent: undefined, queuing: undefined };
  }
  const { queuing, type: response } = limited?.limitResponse ?? { type: 'Reject' };
  const { queues = 64, handSize = 8, queueLengthLimit = 50 } = queuing ?? {};
  return {
    ...of, exempt: false,
    shares: limited?.nominalConcurrencyShares ?? 30,
    lendablePercent: limited?.lendablePercent ?? 0,
    borrowingLimitPercent: limited?.borrowingLimitPercent ?? undefined,
    queuing: response === 'Queue' ? { queues: Math.max(1, queues), handSize: Math.min(Math.max(1, handSize), queues), queueLengthLimit } : undefined,
  };
}

export function schemaSettings(object: AnyObject): SchemaSettings {
  const { metadata, spec } = object as unknown as FlowSchema;
  const method = spec?.distinguisherMethod?.type;
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    level: spec?.priorityLevelConfiguration.name ?? '',
    precedence: spec?.matchingPrecedence ?? 1000,
    distinguisher: method === 'ByUser' || method === 'ByNamespace' ? method : '',
    matches: compileRules(spec?.rules ?? []),
  };
}

/** In the order they are asked: by precedence, then by name. */
export function inOrder(schemas: readonly SchemaSettings[]): readonly SchemaSettings[] {
  return schemas.toSorted((a, b) => a.precedence - b.precedence || (a.name < b.name ? -1 : 1));
}
