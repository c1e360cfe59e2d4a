import { queryOf, type Client } from '../../client/index.ts';
import type { ApiResponse, Duplex, Headers } from '../../wire/api.ts';
import { duplexPair } from '../../wire/duplex.ts';

export interface UpgradeRequest {
  readonly pod: { readonly name: string; readonly namespace: string };
  readonly subresource: 'exec' | 'attach' | 'portforward';
  readonly query: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly method: 'GET' | 'POST';
  readonly headers: Headers;
  readonly signal?: AbortSignal;
}

/** A connection to a pod through the API server. @throws ApiError with the server's Status where it declines */
export async function upgrade(client: Client, { pod, subresource, query, method, headers, signal }: UpgradeRequest): Promise<{ readonly connection: Duplex; readonly response: ApiResponse }> {
  const url = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/${subresource}${queryOf(query)}`;
  // Runtimes that would rather answer in text than in JSON refuse to answer at all, before they upgrade.
  // The transport makes the connection; a request says that it wants one by bringing an end of its own.
  const [asked] = duplexPair();
  const response = await client.request({ method, url, headers: { accept: '*/*', connection: 'Upgrade', ...headers }, upgrade: asked, ...(signal ? { signal } : {}) });
  if (response.body?.type !== 'upgrade') throw new Error(`unable to upgrade connection: the server answered ${response.status}`);
  return { connection: response.body.connection, response };
}
