import type { ClientConfig } from '../../webhook/client.ts';
import type { LabelSelector } from '../../../meta/label-selector.ts';
import type { AnyObject } from '../../../meta/object.ts';
import type { Core } from '../../core.ts';
import type { Rule } from './rules.ts';

export type HookType = 'admit' | 'validating';

/** One webhook, as its configuration has it. */
export interface Webhook {
  readonly name: string;
  readonly clientConfig: ClientConfig;
  readonly rules?: readonly Rule[];
  readonly failurePolicy: string;
  readonly matchPolicy: string;
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
  readonly sideEffects?: string;
  readonly timeoutSeconds: number;
  readonly admissionReviewVersions: readonly string[];
  readonly reinvocationPolicy?: string;
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
}

export interface Hook extends Webhook {
  readonly type: HookType;
  readonly configuration: string;
  /** Tells webhooks of one name in one configuration apart. */
  readonly uid: string;
}

const GROUP = 'admissionregistration.k8s.io';
const PLURALS: Readonly<Record<HookType, string>> = { admit: 'mutatingwebhookconfigurations', validating: 'validatingwebhookconfigurations' };

/** The webhooks there are, read anew after each change of a configuration. */
class Hooks {
  readonly #core: Core;
  readonly #type: HookType;
  #hooks: readonly Hook[] | undefined;

  constructor(core: Core, type: HookType) {
    this.#core = core;
    this.#type = type;
    core.resources.of(GROUP, PLURALS[type])?.cache.onChange(() => (this.#hooks = undefined));
  }

  get(): readonly Hook[] {
    return (this.#hooks ??= this.#read());
  }

  /** By the configurations' names, which is the order of the cache. */
  #read(): readonly Hook[] {
    const configurations = [...this.#core.resources.of(GROUP, PLURALS[this.#type])?.cache.list('') ?? []].map(({ object }) => object);
    return configurations.flatMap((configuration) => webhooksOf(configuration).map((webhook, index, all): Hook => {
      const earlier = all.slice(0, index).filter(({ name }) => name === webhook.name).length;
      return { ...webhook, type: this.#type, configuration: configuration.metadata.name, uid: `${configuration.metadata.name}/${webhook.name}/${earlier}` };
    }));
  }
}

const webhooksOf = (configuration: AnyObject): readonly Webhook[] => (configuration['webhooks'] ?? []) as readonly Webhook[];

const known = new WeakMap<Core, Readonly<Record<HookType, Hooks>>>();

/** In the order they are called. */
export function hooksOf(core: Core, type: HookType): readonly Hook[] {
  let both = known.get(core);
  if (!both) known.set(core, (both = { admit: new Hooks(core, 'admit'), validating: new Hooks(core, 'validating') }));
  return both[type].get();
}
