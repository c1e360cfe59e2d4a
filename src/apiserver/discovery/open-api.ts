import { ApiError } from '../../meta/api-error.ts';
import { deleteOptions } from '../../kinds/meta/delete-options.ts';
import { status } from '../../kinds/meta/status.ts';
import { Scale } from '../../kinds/autoscaling/scale.ts';
import type { Kind } from '../../schema/kind.ts';
import { openApiV2, openApiV3, type SharedSchemas } from '../../schema/openapi/documents.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { encodeOpenApiV2 } from '../../wire/openapi-v2-proto.ts';
import { parseAccept } from '../negotiate.ts';
import type { Resources } from '../resources.ts';
import { answer, answerBytes } from '../respond.ts';
import { hexDigest } from './discovery.ts';
import { kindsOf } from './resource-lists.ts';

const JSON_TYPE = 'application/json';
const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** The same type's spelling before v1.27. */
const V2_PROTOBUF_OLD = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const YEAR_SECONDS = 31_536_000;
const encoder = new TextEncoder();

/** Serves the OpenAPI documents; each is written when first asked for and kept until the set of kinds changes. */
export class OpenApi {
  readonly #kinds: () => readonly Kind[];
  readonly #version: string;
  readonly #generation: () => number;
  readonly #made = new Map<string, Promise<{ readonly bytes: Uint8Array; readonly etag: string }>>();

  /** @param resources what is served now; its generation grows with every change. */
  constructor(resources: Pick<Resources, 'kinds' | 'generation'>, version: string) {
    this.#kinds = () => resources.kinds();
    this.#generation = () => resources.generation;
    this.#version = version;
  }

  forget(): void {
    this.#made.clear();
  }

  async serve(request: ApiRequest, [document, ...rest]: readonly string[]): Promise<ApiResponse | undefined> {
    if (document === 'v2' && rest.length === 0) return this.#v2(request);
    if (document !== 'v3') return undefined;
    return rest.length === 0 ? answer(request, 200, await this.#index()) : this.#v3(request, rest);
  }

  async #v2(request: ApiRequest): Promise<ApiResponse> {
    const type = v2Type(request.headers['accept'] ?? '');
    const { bytes, etag } = await this.#remember(`v2 ${type}`, () => {
      const written = openApiV2(this.#kinds(), SHARED, this.#version);
      return type === JSON_TYPE ? encoder.encode(JSON.stringify(written)) : encodeOpenApiV2(written);
    });
    const headers = { 'content-type': type, vary: 'Accept', etag: `"${etag}"` };
    return request.headers['if-none-match'] === headers.etag ? { status: 304, headers } : answerBytes(200, [bytes], headers);
  }

  /** `/openapi/v3`: where each group version's document is; its hash tells whether a client has it already. */
  async #index(): Promise<object> {
    const versions = new Map(this.#kinds().map(({ group, version }) => [`${group}/${version}`, { group, version }]));
    const paths: Record<string, object> = {};
    for (const { group, version } of versions.values()) {
      if (kindsOf(this.#kinds(), group, version).length === 0) continue;
      const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${await this.#hash(group, version)}` };
    }
    return { paths };
  }

  /** Of what the document is made from: writing every document only to name it would stop the server for a moment. */
  #hash(group: string, version: string): Promise<string> {
    const names = kindsOf(this.#kinds(), group, version).map(({ kind }) => kind);
    return hexDigest(encoder.encode(JSON.stringify([this.#version, this.#generation(), group, version, names])));
  }

  async #v3(request: ApiRequest, path: readonly string[]): Promise<ApiResponse | undefined> {
    const [root, ...rest] = path;
    const [group, version] = root === 'api' ? ['', rest[0]] : [rest[0], rest[1]];
    if (group === undefined || version === undefined || rest.length !== (root === 'api' ? 1 : 2)) return undefined;
    const kinds = kindsOf(this.#kinds(), group, version);
    if (kinds.length === 0 || (root !== 'api' && root !== 'apis')) return undefined;
    if (!accepts(request, JSON_TYPE)) throw new ApiError('NotAcceptable', `only the following media types are accepted: ${JSON_TYPE}`);
    const { bytes } = await this.#remember(`v3 ${group}/${version}`, () => encoder.encode(JSON.stringify(openApiV3(kinds, SHARED, this.#version))));
    const hash = await this.#hash(group, version);
    const asked = /[?&]hash=([^&]*)/.exec(request.url)?.[1];
    const headers = { 'content-type': JSON_TYPE, vary: 'Accept', etag: `"${hash}"` };
    if (asked === undefined) return answerBytes(200, [bytes], headers);
    if (asked !== hash) return { status: 301, headers: { location: `/openapi/v3/${path.join('/')}?hash=${hash}` } };
    return answerBytes(200, [bytes], { ...headers, 'cache-control': `public, immutable, max-age=${YEAR_SECONDS}` });
  }

  #remember(key: string, write: () => Uint8Array): Promise<{ readonly bytes: Uint8Array; readonly etag: string }> {
    let made = this.#made.get(key);
    if (!made) {
      made = Promise.resolve().then(async () => {
        const bytes = new Uint8Array(write());
        return { bytes, etag: await hexDigest(bytes) };
      });
      this.#made.set(key, made);
    }
    return made;
  }
}

const SHARED: SharedSchemas = { deleteOptions: deleteOptions().node, status: status().node, scale: Scale };

/** What the client likes best of JSON and protobuf. */
function v2Type(accept: string): string {
  for (const { type } of parseAccept(accept)) {
    if (type === V2_PROTOBUF || type === V2_PROTOBUF_OLD) return V2_PROTOBUF;
    if (type === JSON_TYPE || type === '*/*' || type === 'application/*') return JSON_TYPE;
  }
  if (accept === '') return JSON_TYPE;
  throw new ApiError('NotAcceptable', `only the following media types are accepted: ${JSON_TYPE}, ${V2_PROTOBUF_OLD}, ${V2_PROTOBUF}`);
}

function accepts(request: ApiRequest, wanted: string): boolean {
  const accept = request.headers['accept'] ?? '';
  return accept === '' || parseAccept(accept).some(({ type }) => type === wanted || type === '*/*' || type === 'application/*');
}
