/** Requests to extension API servers, as the front proxy: on behalf of whoever asks this server. */
import type { ApiRequest, ApiResponse, Headers, UserInfo } from '../../wire/api.ts';
import type { BackendTarget } from '../config.ts';
import type { Core } from '../core.ts';
import { serviceEndpoint, serviceName } from '../webhook/target.ts';
import type { Remote } from './api-services.ts';

type Around = Pick<Core, 'config' | 'resources' | 'random'>;

/** Where an extension API server is. @throws Unreachable */
export function backendTarget(around: Around, { service, spec: { caBundle, insecureSkipTLSVerify } }: Remote): BackendTarget {
  return {
    ...serviceEndpoint(around, service),
    serverName: serviceName(service),
    asProxy: true,
    ...(insecureSkipTLSVerify ? { insecure: true } : caBundle ? { caBundle: atob(caBundle) } : {}),
  };
}

/** Services that this process answers itself. */
export const ownBackend = ({ config }: Pick<Core, 'config'>, { service: { namespace, name } }: Remote) => config.ownServices?.[`${namespace}/${name}`];

/** @throws Unreachable, and what the transport throws */
export async function askRemote(around: Around, remote: Remote, { request, user }: { readonly request: ApiRequest; readonly user: UserInfo }): Promise<ApiResponse> {
  const own = ownBackend(around, remote);
  if (own) return own({ ...request, peer: { address: 'in-process', user } });
  const { askBackend } = around.config;
  if (!askBackend) throw new Error('no way to reach extension API servers is configured');
  const host = `${serviceName(remote.service)}:${remote.service.port}`;
  return askBackend(backendTarget(around, remote), { ...request, headers: { ...request.headers, ...remoteHeaders(user), host } });
}

/** Who asks, as a front proxy says it. A name with several values has a line for each. */
export function remoteHeaders({ username, uid, groups, extra = {} }: UserInfo): Headers {
  const more = Object.entries(extra).map(([key, values]): [string, string] => [`x-remote-extra-${headerKey(key)}`, values.map(oneLine).join('\n')]);
  return {
    'x-remote-user': oneLine(username),
    ...(uid ? { 'x-remote-uid': oneLine(uid) } : {}),
    ...(groups.length > 0 ? { 'x-remote-group': groups.map(oneLine).join('\n') } : {}),
    ...Object.fromEntries(more),
  };
}

const oneLine = (text: string): string => text.replaceAll(/[\r\n]/g, ' ');

/** Keys of `extra` may hold what names of headers may not. */
const headerKey = (key: string): string => encodeURIComponent(key).toLowerCase().replaceAll(/[()]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
