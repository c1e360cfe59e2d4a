/** Who may ask the kubelet: the API server, by its certificate; others as the API server's own rules say. */
import type { Client } from '../../client/index.ts';
import { SubjectAccessReview } from '../../kinds/authorization/subject-access-review.ts';
import { TokenReview } from '../../kinds/authentication/token-review.ts';
import type { ApiRequest, ApiResponse, UserInfo } from '../../wire/api.ts';
import { plain } from './plain.ts';

/** The subresource of `nodes` that a path stands for (https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/). */
function subresourceOf(path: string): string {
  if (path.startsWith('/stats')) return 'stats';
  if (path.startsWith('/metrics')) return 'metrics';
  if (path.startsWith('/logs')) return 'log';
  if (path.startsWith('/healthz')) return 'healthz';
  if (path.startsWith('/pods') || path.startsWith('/runningpods')) return 'pods';
  if (path.startsWith('/configz')) return 'configz';
  return 'proxy';
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', GET: 'get', HEAD: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

export interface AuthorizeOptions {
  readonly client: Client;
  readonly nodeName: string;
}

/** @returns the refusal, or undefined for who may go on */
export async function refuse({ client, nodeName }: AuthorizeOptions, request: ApiRequest): Promise<ApiResponse | undefined> {
  const user = await authenticate(client, request);
  if (!user) return plain(401, 'Unauthorized');
  if (user.groups.includes('system:masters')) return undefined;
  const verb = VERBS[request.method] ?? request.method.toLowerCase();
  const subresource = subresourceOf(new URL(request.url, 'http://kubelet').pathname);
  // Since v1.32 a fine-grained permission does where `proxy`, which allows everything, was needed before (KEP-2862).
  for (const each of subresource === 'proxy' ? ['proxy'] : [subresource, 'proxy']) {
    const review = await client.create(SubjectAccessReview, {
      spec: { user: user.username, groups: [...user.groups], resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource: each, name: nodeName } },
    });
    if (review.status.allowed) return undefined;
  }
  return plain(403, `Forbidden (user=${user.username}, verb=${verb}, resource=nodes, subresource(s)=[${subresource === 'proxy' ? 'proxy' : `${subresource} proxy`}])\n`);
}

async function authenticate(client: Client, { peer, headers }: ApiRequest): Promise<UserInfo | undefined> {
  if (peer.certificate) return { username: peer.certificate.commonName, groups: [...peer.certificate.organizations, 'system:authenticated'] };
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  if (!token) return undefined;
  const { status } = await client.create(TokenReview, { spec: { token } });
  return status.authenticated ? { username: status.user?.username ?? '', groups: status.user?.groups ?? [] } : undefined;
}
