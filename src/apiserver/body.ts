import { messageOf } from '../base/message-of.ts';
import { ApiError, badRequest } from '../meta/api-error.ts';
import { jsonProblem } from '../meta/json-error.ts';
import { isRecord } from '../meta/own.ts';
import { apiVersionOf } from '../meta/resource.ts';
import type { Kind } from '../schema/kind.ts';
import type { ApiRequest } from '../wire/api.ts';
import type { Core } from './core.ts';
import { decodeProtobuf } from './protobuf-body.ts';
import { type ParsedYaml, yamlData } from '../meta/yaml.ts';

/** etcd's own limit on a request, which upstream uses for bodies. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;
/** Deeper nesting has no honest use, and recursion over it would exhaust the stack. */
const MAX_DEPTH = 1_000;

const PROTOBUF = 'application/vnd.kubernetes.protobuf';

export interface BodyOptions {
  /** Named in messages: what the body should have been. */
  readonly expected: string;
  readonly maxBytes?: number;
  /** Told of keys that YAML sets twice. */
  readonly onDuplicates?: (problems: readonly string[]) => void;
  /** Told of a body in JSON, and what it says. */
  readonly onText?: (text: string, value: unknown) => void;
  /** What was read of it already. */
  readonly yaml?: ParsedYaml | undefined;
  /** Decodes the protobuf envelope, where the server can. */
  readonly protobuf?: ((bytes: Uint8Array) => unknown) | undefined;
}

/** How bodies are read on this server. */
export function bodyOptions({ config, resources }: Pick<Core, 'config' | 'resources'>, expected: string): BodyOptions {
  const protobuf = (bytes: Uint8Array) => decodeProtobuf(resources.kinds(), bytes);
  return { expected, protobuf, ...(config.maxBodyBytes === undefined ? {} : { maxBytes: config.maxBodyBytes }) };
}

/** The body as JSON data, not yet checked against any schema; undefined when there is none. */
export function readBody(request: ApiRequest, options: BodyOptions): unknown {
  const { body } = request;
  if (!body) return undefined;
  if (body.type === 'object') return body.object;
  if (body.type === 'stream') throw badRequest('a stream is no object');
  const { bytes } = body;
  if (bytes.length === 0) return undefined;
  const limit = options.maxBytes ?? MAX_BODY_BYTES;
  if (bytes.length > limit) throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
  const type = mediaType(request.headers['content-type']);
  if (type === PROTOBUF && options.protobuf) return options.protobuf(bytes);
  if (type === '' || type === 'application/json') return parseShallow(textOf(bytes), options);
  if (type === 'application/yaml') return checkDepth(parseYamlBody(textOf(bytes), options));
  throw unsupportedMediaType(['application/json', 'application/yaml', ...(options.protobuf ? [PROTOBUF] : [])]);
}

function parseShallow(text: string, { expected, onText }: BodyOptions): unknown {
  const parsed = parseJson(text, expected);
  // Each level takes two characters at the least.
  const value = text.length > 2 * MAX_DEPTH ? checkDepth(parsed) : parsed;
  onText?.(text, value);
  return value;
}

export function unsupportedMediaType(types: readonly string[]): ApiError {
  return new ApiError('UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`);
}

/** Lower-cased, without parameters. */
export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';')[0]!.trim().toLowerCase();
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw badRequest('the body of the request is not valid UTF-8');
  }
}

export function parseJson(text: string, expected: string): unknown {
  try {
    return parseWellFormed(text);
  } catch {
    throw badRequest(unrecognized(expected, `couldn't get version/kind; json parse error: ${jsonProblem(text)}`, text));
  }
}

const SURROGATE = /\\u[dD][89a-fA-F]/;

/** As JSON.parse; half a character, which no UTF-8 can say, becomes U+FFFD, as in Go. */
export function parseWellFormed(text: string): unknown {
  if (!SURROGATE.test(text)) return JSON.parse(text) as unknown;
  return JSON.parse(text, (_key, value: unknown) => (typeof value === 'string' ? value.replaceAll(/\p{Surrogate}/gu, '\ufffd') : value)) as unknown;
}

function parseYamlBody(text: string, { expected, onDuplicates, yaml }: BodyOptions): unknown {
  try {
    const { value, duplicates } = yamlData(text, yaml);
    if (duplicates.length > 0) onDuplicates?.(duplicates);
    return value;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw badRequest(unrecognized(expected, `error converting YAML to JSON: yaml: ${messageOf(error).split('\n')[0]}`, text));
  }
}

/** @param text the body, of which the beginning is shown */
const unrecognized = (expected: string, why: string, text: string) => `the object provided is unrecognized (must be of type ${expected}): ${why} (${summary(text)})`;

const SHOWN_BYTES = 30;
const encoder = new TextEncoder();

/** As far as it looks like an object, as it is; else in hexadecimal. */
function summary(text: string): string {
  if (text === '') return '<empty>';
  const bytes = encoder.encode(text.slice(0, SHOWN_BYTES + 1));
  const start = bytes.subarray(0, SHOWN_BYTES);
  const shown = text.startsWith('{') ? new TextDecoder().decode(start) : [...start].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length > SHOWN_BYTES ? `${shown} ...` : shown;
}
/** @throws ApiError when `value` is nested too deeply for anything that walks it. */
export function checkDepth(value: unknown): unknown {
  if (isDeeper(value, MAX_DEPTH)) throw badRequest('the object is nested too deeply: exceeded max depth');
  return value;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const key in value) if (isDeeper((value as Readonly<Record<string, unknown>>)[key], levels - 1)) return true;
  return false;
}

/** The type by which upstream learns an object's version and kind, as its decoder names it. */
const TYPE_META = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
const goTypeOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value);

/** Why what is no object has no kind. */
export const noTypeMeta = (value: unknown): string => `couldn't get version/kind; json parse error: json: cannot unmarshal ${goTypeOf(value)} into Go value of type ${TYPE_META}`;

/** Where upstream's types are registered, as its messages name the place. */
const SCHEME = 'pkg/api/legacyscheme/scheme.go:30';

/** How Go calls a kind's type within the server: `core.Pod`. */
function internalType({ group, kind }: Pick<Kind, 'group' | 'kind'>): string {
  const [room = ''] = group.split('.');
  return `${room === '' || room === 'events' ? 'core' : room}.${kind}`;
}

/**
 * Why an object that says what it is cannot be read as one of `kind`; undefined where it can, or says nothing. Another version of
 * it can.
 * @param kinds all there are
 */
export function otherKind(kinds: readonly Kind[], kind: Pick<Kind, 'group' | 'version' | 'kind'>, given: Readonly<Record<string, unknown>>): string | undefined {
  const apiVersion = String(given['apiVersion'] || apiVersionOf(kind));
  const name = String(given['kind'] || kind.kind);
  if (apiVersion === apiVersionOf(kind) && name === kind.kind) return undefined;
  const known = kinds.find((one) => !one.custom && one.kind === name && apiVersionOf(one) === apiVersion);
  if (!known) return `no kind ${JSON.stringify(name)} is registered for version ${JSON.stringify(apiVersion)} in scheme ${JSON.stringify(SCHEME)}`;
  if (name === kind.kind && known.group === kind.group) return undefined;
  return `converting (${known.version}.${name}) to (${internalType(kind)}): unknown conversion`;
}

/**
 * The body as an object of `kind`: apiVersion and kind may be left out, but not differ.
 * @param kinds all there are
 */
export function checkKind(kinds: readonly Kind[], kind: Pick<Kind, 'group' | 'version' | 'kind' | 'custom'>, body: unknown): Readonly<Record<string, unknown>> {
  if (body === undefined) throw badRequest(unrecognized(kind.kind, `couldn't get version/kind; json parse error: unexpected end of JSON input`, ''));
  if (body === null) return {};
  if (!isRecord(body)) {
    throw badRequest(unrecognized(kind.kind, noTypeMeta(body), JSON.stringify(body)));
  }
  const why = kind.custom ? undefined : otherKind(kinds, kind, body);
  const given = String(body['apiVersion'] || apiVersionOf(kind));
  const name = String(body['kind'] || kind.kind);
  if (why !== undefined || name !== kind.kind) {
    throw badRequest(`${name} in version ${JSON.stringify(given.split('/').at(-1))} cannot be handled as a ${kind.kind}: ${why ?? `converting (${name}) to (${kind.kind}): unknown conversion`}`);
  }
  if (given !== apiVersionOf(kind)) throw badRequest(`the API version in the data (${given}) does not match the expected API version (${apiVersionOf(kind)})`);
  return body;
}
