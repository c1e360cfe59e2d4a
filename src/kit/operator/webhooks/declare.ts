import type { FieldError } from '../../../meta/field-error.ts';
import type { KubeObject } from '../../../meta/object.ts';
import type { InstanceOf, Resource } from '../../../meta/resource.ts';
import type { UserInfo } from '../../../wire/api.ts';
import type { LabelSelector } from '../../../meta/label-selector.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

/** What is known of a request beside its object. */
export interface Review<T> {
  readonly operation: Operation;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly user: UserInfo;
  /** The object as it was, on an update. */
  readonly old: T | undefined;
  /** Nothing will be stored: leave the world outside alone. */
  readonly dryRun: boolean;
  /** Shown to whoever made the request. */
  warn(text: string): void;
  /** Kept with the request in the audit log. */
  annotate(key: string, value: string): void;
}

/** When a webhook is asked, and what becomes of the request if it cannot be: as a webhook configuration writes it. */
export interface HookOptions {
  /** Creations and updates unless said. */
  readonly operations?: readonly Operation[];
  /** `Fail` unless said. */
  readonly failurePolicy?: 'Fail' | 'Ignore';
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  /** In CEL, over `object`, `oldObject` and `request`. */
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
  /** 10 unless said. */
  readonly timeoutSeconds?: number;
  /** `None` unless said. */
  readonly sideEffects?: 'None' | 'NoneOnDryRun';
  /** Of a mutating webhook: `Never` unless said. */
  readonly reinvocationPolicy?: 'Never' | 'IfNeeded';
}

/** What is wrong with an object: fields (answered as 422) or sentences (as 403). */
export type Complaints = Iterable<FieldError | string> | undefined | void;

type Asked = (object: KubeObject, review: Review<KubeObject>) => unknown;

export interface AdmissionHook {
  readonly type: 'mutating' | 'validating';
  readonly resource: Resource;
  readonly options: HookOptions;
  readonly ask: Asked;
}

export interface ConversionHook {
  readonly type: 'conversion';
  readonly hub: Resource;
  /** By version's name. */
  readonly spokes: Readonly<Record<string, Spoke>>;
}

/** How one version's objects become the hub's and back. Kinds, versions and metadata are seen to. */
export interface Spoke {
  toHub(object: KubeObject): object;
  fromHub(object: KubeObject): object;
}

export type Webhook = AdmissionHook | ConversionHook;

/** Fills in what a schema cannot: the object comes back as it should be stored, changed by path copy. A throw refuses the request. */
export function defaulting<R extends Resource>(
  resource: R, fill: (object: InstanceOf<R> & KubeObject, review: Review<InstanceOf<R>>) => InstanceOf<R> | Promise<InstanceOf<R>>, options: HookOptions = {},
): Webhook {
  return { type: 'mutating', resource, options, ask: fill as unknown as Asked };
}

/** Refuses what a schema cannot: nothing complained of, and the request goes on. With DELETE among the operations it is given what goes. */
export function validating<R extends Resource>(
  resource: R, check: (object: InstanceOf<R> & KubeObject, review: Review<InstanceOf<R>>) => Complaints | Promise<Complaints>, options: HookOptions = {},
): Webhook {
  return { type: 'validating', resource, options, ask: check as unknown as Asked };
}

/** Serves a kind in several versions: each other version is translated to the hub, the one that is stored, and from it. */
export function converting(hub: Resource, spokes: Readonly<Record<string, Spoke>>): Webhook {
  return { type: 'conversion', hub, spokes };
}

const dashed = ({ group, version, kind }: Resource): string => `${(group || 'core').replaceAll('.', '-')}-${version}-${kind.toLowerCase()}`;
const VERBS = { mutating: 'mutate', validating: 'validate' } as const;

/** Where the server answers for it. */
export const pathOf = (hook: Webhook): string => (hook.type === 'conversion' ? `/convert-${dashed(hook.hub)}` : `/${VERBS[hook.type]}-${dashed(hook.resource)}`);
