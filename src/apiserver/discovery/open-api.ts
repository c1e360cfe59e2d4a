import { nextTurn } from '../../base/clock.ts';
import { ApiError } from '../../meta/api-error.ts';
import { type Described, openApiV2, openApiV3, type Piece } from '../../schema/openapi/documents.ts';
import type { Kind } from '../../schema/kind.ts';
import { rootsOf } from '../../schema/openapi/roots.ts';
import type { ApiRequest, ApiResponse, Headers } from '../../wire/api.ts';
import { acceptsGzip, THRESHOLD_BYTES, whole } from '../compress.ts';
import type { Core } from '../core.ts';
import { parseAccept } from '../negotiate.ts';
import { hasProtobuf } from '../protobuf-answer.ts';
import { strategyOf } from '../registry/strategy.ts';
import { answer, answerBytes } from '../respond.ts';
import { type Entries, writeJson, writeProtobuf } from './document-bytes.ts';
import { hexDigest, isKnown, type Tagged, tagged } from './etag.ts';
import { SHAPES } from './shapes.ts';

const JSON_TYPE = 'application/json';
const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** The same type's spelling before v1.27. */
const V2_PROTOBUF_OLD = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const YEAR_SECONDS = 31_536_000;
const encoder = new TextEncoder();

interface Written extends Tagged {
  /** The bytes compressed, once somebody has asked for that. */
  packed?: Promise<Uint8Array>;
}

/**
 * Serves the OpenAPI documents; each is written when first asked for and kept, in each form: that of a group version until its kinds change, that of all
 * until any does. Then only what is new in it is written anew.
 */
export class OpenApi {
  readonly #core: Pick<Core, 'resources' | 'config' | 'clock' | 'aggregation'>;
  readonly #made = new Map<string, Promise<Written>>();
  /** The hashes of v3's documents, as long as the set of kinds is the same. */
  readonly #hashes = new Map<string, Promise<string>>();
  /** What v2's documents are made of, by their media type. */
  readonly #entries = new Map<string, Entries>();

  constructor(core: Pick<Core, 'resources' | 'config' | 'clock' | 'aggregation'>) {
    this.#core = core;
  }

  /** The set of kinds has changed. */
  forget(): void {
    this.#hashes.clear();
    for (const key of this.#made.keys()) if (!key.startsWith('v3 ')) this.#made.delete(key);
  }

  async serve(request: ApiRequest, [document, ...rest]: readonly string[]): Promise<ApiResponse | undefined> {
    if (document === 'v2' && rest.length === 0) return this.#v2(request);
    if (document !== 'v3') return undefined;
    return rest.length === 0 ? this.#index(request) : this.#v3(request, rest.join('/'));
  }

  #described(): Described {
    return {
      kinds: this.#core.resources.kinds(),
      shapes: SHAPES,
      version: this.#core.config.version?.gitVersion ?? 'unversioned',
      optionsOf: (kind) => ({ answersDeleted: strategyOf(kind).returnsDeleted === true, numbered: hasProtobuf(kind) }),
    };
  }

  async #v2(request: ApiRequest): Promise<ApiResponse> {
    const type = v2Type(request.headers['accept'] ?? '');
    const described = this.#described();
    let entries = this.#entries.get(type);
    if (!entries) this.#entries.set(type, (entries = new WeakMap()));
    const known = entries;
    const written = await this.#remember(`v2 ${type}`, () => {
      const pieces = this.#pieces(described);
      return type === JSON_TYPE ? writeJson(pieces, { dialect: 'v2', version: described.version, entries: known }) : writeProtobuf(pieces, described.version, known);
    });
    return this.#send(request, written, { 'content-type': type, etag: written.etag });
  }

  /** What is served here, then what others serve; of two definitions of one name the first counts. */
  *#pieces(described: Described): Generator<Piece> {
    const { services, documents } = this.#core.aggregation;
    const remotes = [...services.remotes().values()];
    if (remotes.length === 0) return yield* openApiV2(described);
    const known = new Set<string>();
    for (const piece of openApiV2(described)) {
      known.add(`${piece.section} ${piece.name}`);
      yield piece;
    }
    for (const piece of remotes.flatMap((remote) => documents.of(remote).v2)) {
      const id = `${piece.section} ${piece.name}`;
      if (known.has(id)) continue;
      known.add(id);
      yield { ...(piece as Piece), from: piece };
    }
  }

  /** `/openapi/v3`: where each document is; its hash tells whether a client has it already. */
  async #index(request: ApiRequest): Promise<ApiResponse> {
    const paths: Record<string, object> = {};
    for (const { path } of rootsOf(this.#core.resources.kinds())) paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${await this.#hash(path)}` };
    for (const remote of this.#core.aggregation.services.remotes().values()) {
      const { v3Hash } = this.#core.aggregation.documents.of(remote);
      const path = `apis/${remote.group}/${remote.version}`;
      if (v3Hash !== undefined) paths[path] = { serverRelativeURL: `/openapi/v3/${path}${v3Hash === '' ? '' : `?hash=${v3Hash}`}` };
    }
    return answer(request, 200, { paths });
  }

  /** Of what the document is made from: writing every document only to name it would be work for nobody. */
  #hash(path: string): Promise<string> {
    let hash = this.#hashes.get(path);
    if (!hash) this.#hashes.set(path, (hash = this.#newHash(path)));
    return hash;
  }

  async #newHash(path: string): Promise<string> {
    const { config: { version }, resources } = this.#core;
    const declared: (readonly unknown[])[] = [];
    for (const kind of resources.kinds()) {
      if (!kind.custom || !path.startsWith(`apis/${kind.group}`)) continue;
      declared.push(identityOf(kind));
      // Reading all of a large schema takes its time.
      await nextTurn();
    }
    return hexDigest(encoder.encode(JSON.stringify([version, path, declared])));
  }

  async #v3(request: ApiRequest, path: string): Promise<ApiResponse | undefined> {
    const root = rootsOf(this.#core.resources.kinds()).find((one) => one.path === path);
    if (!root) return this.#converted(request, path);
    if (!accepts(request, JSON_TYPE)) throw new ApiError('NotAcceptable', `only the following media types are accepted: ${JSON_TYPE}`);
    const hash = await this.#hash(path);
    const asked = /[?&]hash=([^&]*)/.exec(request.url)?.[1];
    // Whoever has an old index is led to the document of today.
    if (asked !== undefined && asked !== '' && asked !== hash) return { status: 301, headers: { location: `/openapi/v3/${path}?hash=${hash}` } };
    const described = this.#described();
    const written = await this.#current(path, hash, () => writeJson(openApiV3(root, described), { dialect: 'v3', version: described.version }));
    const headers = { 'content-type': JSON_TYPE, etag: `"${hash}"` };
    if (asked === undefined || asked === '') return this.#send(request, written, headers);
    const expires = new Date(this.#core.clock.now() + YEAR_SECONDS * 1000).toUTCString();
    return this.#send(request, written, { ...headers, 'cache-control': 'public, immutable', expires });
  }

  /** Of an API server beside this one that has none itself. */
  async #converted(request: ApiRequest, path: string): Promise<ApiResponse | undefined> {
    const [, group = '', version = ''] = path.split('/');
    const { v3, v3Hash = '' } = this.#core.aggregation.documents.of({ group, version });
    if (v3 === undefined) return undefined;
    return this.#send(request, { chunks: [encoder.encode(v3)], etag: v3Hash }, { 'content-type': JSON_TYPE, etag: `"${v3Hash}"` });
  }

  async #send(request: ApiRequest, written: Written, headers: Headers): Promise<ApiResponse> {
    const vary = { ...headers, vary: 'Accept, Accept-Encoding' };
    if (isKnown(request, headers['etag']!)) return { status: 304, headers: vary };
    if (!acceptsGzip(request) || written.chunks.reduce((sum, { length }) => sum + length, 0) <= THRESHOLD_BYTES) return answerBytes(200, written.chunks, vary);
    written.packed ??= whole(written.chunks, this.#core.config);
    return answerBytes(200, [await written.packed], { ...vary, 'content-encoding': 'gzip' });
  }

  /** A document of v3, of which only the one with the hash of today is kept. */
  #current(path: string, hash: string, write: () => Promise<readonly Uint8Array[]>): Promise<Written> {
    const key = `v3 ${path} ${hash}`;
    if (!this.#made.has(key)) for (const other of this.#made.keys()) if (other.startsWith(`v3 ${path} `)) this.#made.delete(other);
    return this.#remember(key, write);
  }

  #remember(key: string, write: () => Promise<readonly Uint8Array[]>): Promise<Written> {
    let made = this.#made.get(key);
    if (!made) this.#made.set(key, (made = write().then(tagged)));
    return made;
  }
}

/** All that a document says of a kind that may change while the server runs. */
const identityOf = ({ version, plural, kind, listKind, scope, hasStatus, scale, fieldSelectors = {}, custom }: Kind): readonly unknown[] =>
  [version, plural, kind, listKind, scope, hasStatus, scale !== undefined, Object.keys(fieldSelectors), custom!.fingerprint];

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
