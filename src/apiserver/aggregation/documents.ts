/** What extension API servers say of themselves: their discovery and OpenAPI documents, kept so that nobody waits for them. */
import { deepEqual } from '../../base/deep-equal.ts';
import { isRecord } from '../../meta/own.ts';
import { canonicalize } from '../../schema/decode.ts';
import { boolean, list, object, string, type TypeOf } from '../../schema/field.ts';
import { LOOPBACK } from '../bootstrap/send.ts';
import type { Core } from '../core.ts';
import { hexDigest } from '../discovery/etag.ts';
import type { Remote } from './api-services.ts';
import { patiently } from './availability.ts';
import { askRemote } from './backend.ts';
import { convertedV3 } from './converted-v3.ts';
import { wholeText } from '../whole-text.ts';

/** An entry of a Swagger 2.0 document's maps. */
export interface RemotePiece {
  readonly section: 'paths' | 'definitions';
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export interface RemoteDocuments {
  /** `resources` of an apidiscovery.k8s.io APIVersionDiscovery. */
  readonly resources: readonly unknown[];
  /** It could not be asked the last time. */
  readonly stale: boolean;
  readonly v2: readonly RemotePiece[];
  /** The hash of its OpenAPI v3 document; undefined where there is none. */
  readonly v3Hash: string | undefined;
  /** Its OpenAPI v3 document, where that is made here from the other. */
  readonly v3?: string;
}

const encoder = new TextEncoder();
const NOTHING: RemoteDocuments = { resources: [], stale: true, v2: [], v3Hash: undefined };
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
/** More is not read of one document. */
const MAX_BYTES = 16 << 20;

type Around = Pick<Core, 'config' | 'resources' | 'random' | 'clock'>;

export class Documents {
  readonly #around: Around;
  readonly #kept = new Map<string, RemoteDocuments>();
  /** Grows with every change. */
  generation = 0;

  constructor(around: Around) {
    this.#around = around;
  }

  of({ group, version }: { readonly group: string; readonly version: string }): RemoteDocuments {
    return this.#kept.get(`${group}/${version}`) ?? NOTHING;
  }

  /** Asks for them anew; where the server is not there, what it said last is kept as stale. */
  async refresh(remote: Remote, available: boolean): Promise<void> {
    const before = this.of(remote);
    const now = available ? await this.#read(remote).catch(() => ({ ...before, stale: true })) : { ...before, stale: true };
    const id = `${remote.group}/${remote.version}`;
    if (this.#kept.has(id) && deepEqual(now, before)) return;
    this.#kept.set(id, now);
    this.generation++;
  }

  async #read(remote: Remote): Promise<RemoteDocuments> {
    const [resources, v2, v3Hash] = await Promise.all([this.#discovery(remote), this.#v2(remote).catch(() => []), this.#v3(remote).catch(() => undefined)]);
    if (v3Hash !== undefined || v2.length === 0) return { resources, stale: false, v2, v3Hash };
    const v3 = convertedV3(v2, `/apis/${remote.group}/${remote.version}`);
    return { resources, stale: false, v2, v3, v3Hash: await hexDigest(encoder.encode(v3)) };
  }

  async #get(remote: Remote, url: string, accept = 'application/json'): Promise<Readonly<Record<string, unknown>>> {
    const text = await patiently(this.#around, async (signal) => {
      const { status, body } = await askRemote(this.#around, remote, { user: LOOPBACK, request: { method: 'GET', url, headers: { accept }, peer: { address: 'in-process' }, signal } });
      if (status !== 200) throw new Error(`${url}: ${status}`);
      return wholeText(body, MAX_BYTES);
    });
    const document: unknown = JSON.parse(text);
    if (!isRecord(document)) throw new Error(`${url}: no document`);
    return document;
  }

  /** In one piece where the server knows how, else from the list of old. */
  async #discovery(remote: Remote): Promise<readonly unknown[]> {
    const whole = await this.#get(remote, '/apis', AGGREGATED).catch(() => undefined);
    if (whole?.['kind'] === 'APIGroupDiscoveryList') {
      const group = recordsOf(whole['items']).find(({ metadata }) => isRecord(metadata) && metadata['name'] === remote.group);
      const version = recordsOf(group?.['versions']).find((one) => one['version'] === remote.version);
      if (version) return recordsOf(version['resources']);
    }
    return toDiscovery(await this.#get(remote, `/apis/${remote.group}/${remote.version}`), remote);
  }

  async #v2(remote: Remote): Promise<readonly RemotePiece[]> {
    const { paths, definitions } = await this.#get(remote, '/openapi/v2');
    const root = `/apis/${remote.group}/`;
    return [
      ...entriesOf(paths).filter(([name]) => name === root.slice(0, -1) || name.startsWith(root)).map(([name, value]): RemotePiece => ({ section: 'paths', name, value })),
      ...entriesOf(definitions).map(([name, value]): RemotePiece => ({ section: 'definitions', name, value })),
    ];
  }

  async #v3(remote: Remote): Promise<string | undefined> {
    const { paths } = await this.#get(remote, '/openapi/v3');
    const entry = isRecord(paths) ? paths[`apis/${remote.group}/${remote.version}`] : undefined;
    const url = isRecord(entry) ? entry['serverRelativeURL'] : undefined;
    return typeof url === 'string' ? (/[?&]hash=([^&]*)/.exec(url)?.[1] ?? '') : undefined;
  }
}

type Loose = Readonly<Record<string, unknown>>;
const recordsOf = (list: unknown): readonly Loose[] => (Array.isArray(list) ? list.filter(isRecord) : []);
const entriesOf = (map: unknown): readonly [string, Loose][] => (isRecord(map) ? Object.entries(map).filter((entry): entry is [string, Loose] => isRecord(entry[1])) : []);

const resourceList = object('v1.APIResourceList', {
  resources: list(object('v1.APIResource', {
    name: string().always(), singularName: string().always(), namespaced: boolean().always(), group: string(), version: string(), kind: string().always(),
    verbs: list(string()), shortNames: list(string()), categories: list(string()),
  })),
});
type Listed = NonNullable<TypeOf<typeof resourceList>['resources']>[number];

/** meta/v1 APIResources as apidiscovery.k8s.io has them. @throws Error where the document is none */
function toDiscovery(document: unknown, { group, version }: Remote): readonly unknown[] {
  const { resources = [] } = canonicalize<TypeOf<typeof resourceList>>(resourceList.node, document, (why) => new Error(why)).value;
  const kindOf = (one: Listed) => ({ group: one.group || group, version: one.version || version, kind: one.kind });
  return resources.filter(({ name }) => !name.includes('/')).map((one) => {
    const below = resources.filter(({ name }) => name.startsWith(`${one.name}/`));
    return {
      resource: one.name, responseKind: kindOf(one), scope: one.namespaced ? 'Namespaced' : 'Cluster', singularResource: one.singularName, verbs: one.verbs ?? [],
      ...(one.shortNames ? { shortNames: one.shortNames } : {}), ...(one.categories ? { categories: one.categories } : {}),
      ...(below.length === 0 ? {} : { subresources: below.map((other) => ({ subresource: other.name.slice(one.name.length + 1), responseKind: kindOf(other), verbs: other.verbs ?? [] })) }),
    };
  });
}
