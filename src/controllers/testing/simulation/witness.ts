import type { KubeObject } from '../../../meta/object.ts';
import type { Resource } from '../../../meta/resource.ts';
import type { ApiRequest, ApiResponse, Transport } from '../../../wire/api.ts';
import type { View } from './view.ts';

/** One write of one controller, as it leaves. */
export interface Deed {
  readonly controller: string;
  readonly verb: 'create' | 'update' | 'patch' | 'delete';
  /** `pods`, `jobs/status`. */
  readonly resource: string;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly body: KubeObject & Readonly<Record<string, unknown>>;
}

/** Says what is wrong with a deed, by what its controller can know. */
export type Judge = (deed: Deed, view: View) => Iterable<string>;

/** By `controller verb resource`. */
export type Judges = Readonly<Record<string, Judge>>;

const VERBS: Readonly<Record<string, Deed['verb']>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
const PATH = /^\/apis?\/(?:[^/]+\/)??v[^/]*\/(?:namespaces\/([^/]+)\/)?([a-z]+)(?:\/([^/?]+))?(?:\/([a-z]+))?(?:\?|$)/;

export interface WitnessOptions {
  readonly view: View;
  readonly judges: Judges;
  /** By plural. */
  readonly resources: ReadonlyMap<string, Resource>;
  readonly accuse: (text: string) => void;
  /** Told of each deletion that was asked for. */
  readonly deletes: (deed: Deed) => void;
}

/** The server as one controller has it, each of its writes looked at before it leaves. */
export function witnessed(transport: Transport, controller: string, { view, judges, resources, accuse, deletes }: WitnessOptions): Transport {
  return async (request) => {
    const deed = deedOf(request, controller);
    if (!deed) return transport(request);
    const resource = resources.get(deed.resource.split('/')[0]!);
    // What is based on an older version the server refuses, whatever it asks for.
    const isStale = resource !== undefined && deed.verb === 'update' && deed.name !== undefined && isOld(deed.body, view.get<Resource>(resource, deed.name, deed.namespace));
    for (const text of isStale ? [] : judges[`${controller} ${deed.verb} ${deed.resource}`]?.(deed, view) ?? []) accuse(`${controller}: ${text}`);
    if (deed.verb === 'delete') deletes(deed);
    const settle = resource && expect(deed, resource, view);
    try {
      const answer = await transport(request);
      settle?.(answer.status < 300 ? objectIn(answer) : undefined);
      return answer;
    } catch (error) {
      settle?.(undefined);
      throw error;
    }
  };
}

const isOld = ({ metadata }: KubeObject, known: KubeObject | undefined): boolean =>
  metadata?.resourceVersion !== undefined && known !== undefined && metadata.resourceVersion !== known.metadata.resourceVersion;

function deedOf({ method, url, body }: ApiRequest, controller: string): Deed | undefined {
  const verb = VERBS[method];
  const [, namespace, plural, name, subresource] = PATH.exec(url) ?? [];
  if (!verb || plural === undefined || plural === 'events') return undefined;
  const object = (body?.type === 'object' ? body.object : body?.type === 'bytes' ? JSON.parse(new TextDecoder().decode(body.bytes)) : {}) as Deed['body'];
  return { controller, verb, resource: subresource === undefined ? plural : `${plural}/${subresource}`, name, namespace, body: object };
}

/** What the deed will have changed, if it is done. */
function expect(deed: Deed, resource: Resource, view: View): ((answer: KubeObject | undefined) => void) | undefined {
  if (deed.verb === 'delete') {
    const victim = deed.name === undefined ? undefined : view.get<Resource>(resource, deed.name, deed.namespace);
    const settle = victim && view.deleting(victim);
    return settle && ((answer) => settle(answer !== undefined));
  }
  if (deed.verb === 'create' && !deed.resource.includes('/')) return view.creating(resource, deed.body);
  return (answer) => answer?.metadata?.uid !== undefined && answer.kind === resource.kind && view.wrote(resource, answer);
}

const objectIn = ({ body }: ApiResponse): KubeObject | undefined => (body?.type === 'object' ? (body.object as KubeObject) : undefined);
