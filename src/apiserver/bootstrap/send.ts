import { ApiError, isApiError } from '../../meta/api-error.ts';
import type { ApiHandler, UserInfo } from '../../wire/api.ts';
import type { Served } from '../resources.ts';

/** The server itself, asking itself. */
export const LOOPBACK: UserInfo = { username: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

export function urlOf({ kind }: Served, namespace: string): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  return namespace === '' ? `${root}/${kind.plural}` : `${root}/namespaces/${namespace}/${kind.plural}`;
}

/** @throws ApiError */
export async function send(handler: ApiHandler, { method, url, object }: { method: string; url: string; object: unknown }): Promise<void> {
  const { status, body } = await handler({
    method, url, headers: {}, peer: { address: 'in-process', user: LOOPBACK }, body: { type: 'object', object },
    wantsObjects: true, signal: new AbortController().signal,
  });
  if (status < 400) return;
  throw body?.type === 'object' ? ApiError.from(body.object as object, status) : new ApiError('', `${method} ${url}: ${status}`);
}

export function ifThere(error: unknown): void {
  if (!isApiError(error, 'AlreadyExists')) throw error;
}
