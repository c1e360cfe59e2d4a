/** Finds what an autoscaler scales, whatever its kind, and its scale subresource. */
import type { Clock, Millis } from '../../base/clock.ts';
import { readObject, type Client } from '../../client/index.ts';
import type { Scale } from '../../kinds/autoscaling/scale.ts';
import { isApiError } from '../../meta/api-error.ts';

export interface Target {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

interface Group {
  readonly versions?: readonly { readonly version: string }[];
  readonly preferredVersion?: { readonly version: string };
}
interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string }[];
}

type Requester = Pick<Client, 'request'>;
/** For how long the server is taken to serve what it served. */
const REMEMBERED: Millis = 30_000;

/** What the server serves, as far as autoscalers name it. */
export class Targets {
  readonly #client: Requester;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #known = new Map<string, { readonly at: Millis; readonly answer: Promise<unknown> }>();

  constructor(client: Requester, clock: Pick<Clock, 'monotonic'>) {
    this.#client = client;
    this.#clock = clock;
  }

  /** The resource of a kind, in the first version of its group that has it. @throws Error in upstream's words */
  async find({ group, kind }: GroupKind): Promise<Target> {
    for (const version of await this.versions(group)) {
      const { resources = [] } = await this.#get<ResourceList>(group === '' ? `/api/${version}` : `/apis/${group}/${version}`);
      const found = resources.find((one) => one.kind === kind && !one.name.includes('/'));
      if (found) return { group, version, plural: found.name };
    }
    throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`);
  }

  /** A group's versions, the preferred one first; none where nobody serves it. */
  async versions(group: string): Promise<readonly string[]> {
    if (group === '') return ['v1'];
    const { versions = [], preferredVersion } = await this.#get<Group>(`/apis/${group}`).catch(nothingServed);
    const names = versions.map(({ version }) => version);
    return preferredVersion ? [preferredVersion.version, ...names.filter((name) => name !== preferredVersion.version)] : names;
  }

  #get<T>(url: string): Promise<T> {
    const now = this.#clock.monotonic();
    const known = this.#known.get(url);
    if (known && now - known.at < REMEMBERED) return known.answer as Promise<T>;
    const answer = this.#client.request({ url }).then((response) => readObject<T>(response));
    this.#known.set(url, { at: now, answer });
    answer.catch(() => this.#known.delete(url));
    return answer;
  }
}

function nothingServed(error: unknown): Group {
  if (isApiError(error) && error.code === 404) return {};
  throw error;
}

const pathOfScale = ({ group, version, plural }: Target, namespace: string, name: string): string =>
  `${group === '' ? '/api' : `/apis/${group}`}/${version}/namespaces/${namespace}/${plural}/${encodeURIComponent(name)}/scale`;

export const getScale = async (client: Requester, target: Target, at: { readonly namespace: string; readonly name: string }): Promise<Scale> =>
  readObject<Scale>(await client.request({ url: pathOfScale(target, at.namespace, at.name) }));

const encoder = new TextEncoder();

/** Writes the size into the scale that was read: whoever changed it meanwhile wins. */
export async function putScale(client: Requester, target: Target, scale: Scale, replicas: number): Promise<void> {
  const { namespace = '', name } = scale.metadata;
  const bytes = encoder.encode(JSON.stringify({ ...scale, spec: { ...scale.spec, replicas } }));
  const headers = { 'content-type': 'application/json' };
  await client.request({ method: 'PUT', url: pathOfScale(target, namespace, name), headers, body: { type: 'bytes', bytes } });
}
