import type { Millis } from '../../base/clock.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { Kind } from '../../schema/kind.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import type { AnnotationLevel } from '../exchange.ts';
import type { Replacement } from '../registry/storage.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What admission is asked about (admission.Attributes upstream). */
export interface Attributes<T = AnyObject> {
  readonly operation: Operation;
  /** The resource's kind; for subresources with bodies of their own still the resource's. */
  readonly kind: Kind;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Undefined for DELETE. */
  readonly object: T;
  /** Undefined for CREATE. */
  readonly old: AnyObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** Adds a `Warning:` header. */
  warn(text: string): void;
  /** Where the request's object is not the resource's own: an Eviction, a Scale, what is asked of exec. */
  readonly shown?: Shown;
  /** How the caller wants it done: a CreateOptions and its like. */
  readonly options?: (operation: Operation) => object | undefined;
  /** Adds to what audit tells of the request, at that level and above. */
  readonly annotate?: (key: string, value: string, from?: AnnotationLevel) => void;
  /** Of the request, and when it must be answered by the clock's `monotonic`. */
  readonly signal?: AbortSignal | undefined;
  readonly deadline?: Millis | undefined;
  /** Set while mutating plugins are asked. */
  readonly rounds?: Rounds;
}

/** What webhooks and policies see in place of the resource's object. */
export interface Shown {
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  /** What they see, from the object that is written; the object itself unless given. */
  readonly show?: (object: AnyObject) => AnyObject;
  /** Takes over what they changed; nothing can be changed unless given. */
  readonly take?: (object: AnyObject, shown: unknown) => AnyObject;
}

/**
 * The passes over the mutating plugins. Where a webhook or a policy changed the object, all are asked once more: those before
 * it have not seen what it made of it (reinvocation).
 */
export class Rounds {
  number: 0 | 1 = 0;
  wantsAnother = false;
  /** What plugins keep from one pass to the next, by their names. */
  readonly kept = new Map<string, unknown>();
}

/** One policy on writes. Both hooks reject by throwing an ApiError. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Whether there is nothing it could do for any request. Asked with each. */
  idle?(core: Core): boolean;
  /** Which requests it looks at. */
  readonly on: {
    readonly operations: readonly Operation[];
    /** `pods`, `deployments.apps`; undefined is all. */
    readonly resources?: readonly string[];
    /** '' is the resource itself; undefined is that alone, '*' all. */
    readonly subresources?: readonly string[];
  };
  /** Called before validation; returns the object, changed by path copy or not at all. */
  mutate?(attributes: Attributes, core: Core): AnyObject | Promise<AnyObject>;
  /** Called on the final object. What it resolves with is written together with the object, or not at all. */
  validate?(attributes: Attributes, core: Core): void | readonly Replacement[] | Promise<void | readonly Replacement[]>;
}

export class Admission {
  readonly #plugins: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  async mutate(attributes: Attributes, core: Core): Promise<AnyObject> {
    const rounds = new Rounds();
    const first = await this.#pass({ ...attributes, rounds }, core);
    if (!rounds.wantsAnother) return first;
    rounds.number = 1;
    return this.#pass({ ...attributes, object: first, rounds }, core);
  }

  async #pass(attributes: Attributes, core: Core): Promise<AnyObject> {
    let { object } = attributes;
    for (const plugin of this.#plugins) {
      if (!plugin.mutate || !applies(plugin, attributes) || plugin.idle?.(core)) continue;
      const mutated = plugin.mutate(object === attributes.object ? attributes : { ...attributes, object }, core);
      object = mutated instanceof Promise ? await mutated : mutated; // most need not wait
    }
    return object;
  }

  async validate(attributes: Attributes, core: Core): Promise<readonly Replacement[]> {
    let together: readonly Replacement[] = [];
    for (const plugin of this.#plugins) {
      if (!plugin.validate || !applies(plugin, attributes) || plugin.idle?.(core)) continue;
      const found = plugin.validate(attributes, core);
      const more = found instanceof Promise ? await found : found;
      if (more) together = [...together, ...more];
    }
    return together;
  }
}

function applies({ on }: AdmissionPlugin, { operation, kind, subresource }: Attributes): boolean {
  if (!on.operations.includes(operation)) return false;
  const resource = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
  if (on.resources && !on.resources.includes(resource)) return false;
  if (on.subresources === undefined) return subresource === '';
  return on.subresources.includes('*') || on.subresources.includes(subresource);
}
