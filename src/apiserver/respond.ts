import { stringify as stringifyYaml } from 'yaml';
import type { ApiError, Status } from '../meta/api-error.ts';
import type { ApiRequest, ApiResponse, Headers } from '../wire/api.ts';
import { CONTENT_TYPES, JSON_MEDIA, type Media, prefersProtobuf } from './negotiate.ts';
import { statusBytes } from './protobuf-answer.ts';

const encoder = new TextEncoder();
const headersOf = (contentType: string): Headers => ({ 'cache-control': 'no-cache, private', 'content-type': contentType });
const JSON_HEADERS = headersOf(CONTENT_TYPES.json);
const PROTOBUF_HEADERS = headersOf(CONTENT_TYPES.protobuf);

/** Any data as a body: an object for in-process callers, else text of the media asked for. */
export function answer(request: ApiRequest, status: number, object: unknown, media: Media = JSON_MEDIA): ApiResponse {
  if (request.wantsObjects) return { status, headers: {}, body: { type: 'object', object } };
  if (media.type === 'yaml') return answerText(status, stringifyYaml(object, { aliasDuplicateObjects: false }), CONTENT_TYPES.yaml);
  return answerBytes(status, [encoder.encode(toJson(object, media))]);
}

export function toJson(object: unknown, media: Media): string {
  return `${media.pretty ? JSON.stringify(object, null, 2) : JSON.stringify(object)}\n`;
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

export function answerError(request: ApiRequest, error: ApiError): ApiResponse {
  const inProtobuf = !request.wantsObjects && error.reason !== 'NotAcceptable' && prefersProtobuf(request.headers['accept']);
  const response = inProtobuf ? answerProtobuf(error.code, statusBytes(error.toStatus())) : answer(request, error.code, error.toStatus());
  const retryAfter = error.details?.retryAfterSeconds;
  if (retryAfter === undefined) return response;
  return { ...response, headers: { ...response.headers, 'retry-after': String(retryAfter) } };
}

export function pageNotFound(): ApiResponse {
  return answerText(404, '404 page not found\n');
}

export function success(details?: Status['details']): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', ...(details ? { details } : {}) };
}
