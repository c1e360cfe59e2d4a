import type { Kind } from '../../schema/kind.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import type { ApiServerConfig } from '../config.ts';
import type { Core } from '../core.ts';
import { JSON_MEDIA, negotiate, parseAccept } from '../negotiate.ts';
import { answer, answerBytes, answerIn } from '../respond.ts';
import { isKnown, type Tagged, tagged } from './etag.ts';
import { allGroups, groupDiscovery } from './groups.ts';
import { resourceList, toGroup, type Group } from './resource-lists.ts';
import { OpenApi } from './open-api.ts';

const encoder = new TextEncoder();

type Described = Pick<Core, 'resources' | 'config' | 'clock' | 'aggregation'>;

/** What clients ask before all else: which groups, versions and resources there are, and how their objects look. */
export class Discovery {
  readonly #core: Described;
  readonly #openApi: OpenApi;
  readonly #aggregated = new Map<string, Promise<Tagged>>();
  #made: readonly unknown[] = [];

  constructor(core: Described) {
    this.#core = core;
    this.#openApi = new OpenApi(core);
  }

  /** undefined where the path is not discovery's. */
  async serve(request: ApiRequest, path: string): Promise<ApiResponse | undefined> {
    const { resources, aggregation: { services, documents } } = this.#core;
    const state = [resources.generation, documents.generation, services.all()];
    if (state.some((one, at) => one !== this.#made[at])) {
      this.#made = state;
      this.#aggregated.clear();
      this.#openApi.forget();
    }
    const parts = path.split('/').filter((part) => part !== '');
    switch (parts[0]) {
      case 'api': return this.#coreGroup(request, parts.slice(1));
      case 'apis': return this.#groups(request, parts.slice(1));
      case 'version': return parts.length === 1 ? answer(request, 200, versionInfo(this.#core.config), { type: 'json', pretty: true }) : undefined;
      case 'openapi': return this.#openApi.serve(request, parts.slice(1));
      default: return undefined;
    }
  }

  #kinds(): readonly Kind[] {
    return this.#core.resources.kinds();
  }

  async #coreGroup(request: ApiRequest, [version, ...rest]: readonly string[]): Promise<ApiResponse | undefined> {
    if (rest.length > 0) return undefined;
    if (version === undefined) {
      const asked = aggregatedForm(request);
      if (asked) return this.#aggregate(request, asked, [{ name: '', versions: ['v1'] }]);
      return this.#document(request, {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: this.#address() }],
      });
    }
    return version === 'v1' ? this.#document(request, await resourceList(this.#kinds(), '', 'v1')) : undefined;
  }

  async #groups(request: ApiRequest, [name, version, ...rest]: readonly string[]): Promise<ApiResponse | undefined> {
    if (rest.length > 0) return undefined;
    const groups = allGroups(this.#kinds(), this.#core.aggregation);
    if (name === undefined) {
      const asked = aggregatedForm(request);
      if (asked) return this.#aggregate(request, asked, groups);
      return this.#document(request, { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(toGroup) });
    }
    const group = groups.find((one) => one.name === name);
    if (!group) return undefined;
    if (version === undefined) return this.#document(request, { kind: 'APIGroup', apiVersion: 'v1', ...toGroup(group) });
    return group.versions.includes(version) ? this.#document(request, await resourceList(this.#kinds(), name, version)) : undefined;
  }

  /** A document in the form asked for. The aggregated one has the same address, so caches must look at Accept. */
  #document(request: ApiRequest, document: object): ApiResponse {
    const media = request.wantsObjects ? JSON_MEDIA : negotiate(request.headers['accept'], { protobuf: true, views: [] });
    const response = answerIn(media, { request, status: 200, kinds: [] }, document);
    return { ...response, headers: { ...response.headers, vary: 'Accept' } };
  }

  #address(): string {
    const { address = '127.0.0.1', port = 6443 } = this.#core.config.advertise ?? {};
    return `${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  /** The whole of discovery in one answer (KEP-3352), with an ETag. */
  async #aggregate(request: ApiRequest, version: string, groups: readonly Group[]): Promise<ApiResponse> {
    const key = `${version} ${groups.length === 1 && groups[0]!.name === '' ? 'api' : 'apis'}`;
    let made = this.#aggregated.get(key);
    if (!made) {
      const items = groups.map((group) => groupDiscovery(this.#kinds(), group, this.#core.aggregation));
      made = tagged([encoder.encode(JSON.stringify({ kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items }))]);
      this.#aggregated.set(key, made);
    }
    const { chunks, etag } = await made;
    const headers = {
      'cache-control': 'public', vary: 'Accept', etag,
      'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    };
    return isKnown(request, etag) ? { status: 304, headers } : answerBytes(200, chunks, headers);
  }
}

/** `v2` or `v2beta1`, where the client prefers the aggregated form. */
function aggregatedForm(request: ApiRequest): string | undefined {
  for (const { type, params } of parseAccept(request.headers['accept'] ?? '')) {
    if (!JSON_RANGES.has(type)) continue;
    const { as, g, v } = params;
    if (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io' && (v === 'v2' || v === 'v2beta1')) return v;
    if (as === undefined && g === undefined && v === undefined) return undefined;
  }
  return undefined;
}

const JSON_RANGES = new Set(['application/json', 'application/*', '*/*']);

/** version.Info, as `kubectl version` reads it. */
function versionInfo({ version }: ApiServerConfig): object {
  const gitVersion = version?.gitVersion ?? 'v1.36.0';
  const [, major = '1', minor = '36'] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion,
    gitCommit: version?.gitCommit ?? '',
    gitTreeState: 'clean',
    buildDate: version?.buildDate ?? '1970-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'knarr',
    platform: version?.platform ?? 'linux/amd64',
  };
}
