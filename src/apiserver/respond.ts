import { stringify as stringifyYaml } from 'yaml';
import type { ApiError, Status } from '../meta/api-error.ts';
import type { Kind } from '../schema/kind.ts';
import type { ApiRequest, ApiResponse, Headers } from '../wire/api.ts';
import { ALL_VIEWS, asksPretty, CONTENT_TYPES, JSON_MEDIA, type Media, negotiate } from './negotiate.ts';
import { objectBytes, statusBytes } from './protobuf-answer.ts';

const encoder = new TextEncoder();
export const headersOf = (contentType: string): Headers => ({ 'cache-control': 'no-cache, private', 'content-type': contentType });
const JSON_HEADERS = headersOf(CONTENT_TYPES.json);
const PROTOBUF_HEADERS = headersOf(CONTENT_TYPES.protobuf);

/** Any data as a body: an object for in-process callers, else text of the media asked for. */
export function answer(request: ApiRequest, status: number, object: unknown, media: Media = JSON_MEDIA): ApiResponse {
  if (request.wantsObjects) return { status, headers: {}, body: { type: 'object', object } };
  if (media.type === 'yaml') return answerText(status, stringifyYaml(object, { aliasDuplicateObjects: false }), CONTENT_TYPES.yaml);
  return answerBytes(status, [encoder.encode(toJson(object, media.pretty || asksPretty(request)))]);
}

export interface Answering {
  readonly request: ApiRequest;
  readonly status: number;
  /** Whose objects have a protobuf form. */
  readonly kinds: readonly Kind[];
}

/** Any data in the form asked for; as JSON where it has no other. */
export function answerIn(media: Media, { request, status, kinds }: Answering, data: unknown): ApiResponse {
  const bytes = media.type === 'protobuf' && !request.wantsObjects ? objectBytes(kinds, data) : undefined;
  return bytes ? answerProtobuf(status, bytes) : answer(request, status, data, media);
}

/** A line of its own, or many with no end of line after the last, as upstream. */
export function toJson(object: unknown, pretty: boolean): string {
  return pretty ? JSON.stringify(object, null, 2) : `${JSON.stringify(object)}\n`;
}

/** Encoded JSON already. */
export function answerBytes(status: number, chunks: readonly Uint8Array[], headers: Headers = JSON_HEADERS): ApiResponse {
  return { status, headers, body: { type: 'bytes', chunks } };
}

export function answerText(status: number, text: string, contentType = 'text/plain; charset=utf-8'): ApiResponse {
  return answerBytes(status, [encoder.encode(text)], headersOf(contentType));
}

export function answerProtobuf(status: number, bytes: Uint8Array): ApiResponse {
  return answerBytes(status, [bytes], PROTOBUF_HEADERS);
}

/** A failure in the form the request asks for; in JSON where it asks for none that there is. */
export function answerError(request: ApiRequest, error: ApiError): ApiResponse {
  const media = request.wantsObjects ? JSON_MEDIA : errorMedia(request.headers['accept']);
  const status = error.toStatus();
  const response = media.type === 'protobuf' ? answerProtobuf(error.code, statusBytes(status)) : answer(request, error.code, status, media);
  const retryAfter = error.details?.retryAfterSeconds;
  if (retryAfter === undefined) return response;
  return { ...response, headers: { ...response.headers, 'retry-after': String(retryAfter) } };
}

function errorMedia(accept: string | undefined): Media {
  try {
    return negotiate(accept, { protobuf: true, views: ALL_VIEWS });
  } catch {
    return JSON_MEDIA;
  }
}

export function pageNotFound(): ApiResponse {
  return answerText(404, '404 page not found\n');
}

export function success(details?: Status['details']): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', ...(details ? { details } : {}) };
}
