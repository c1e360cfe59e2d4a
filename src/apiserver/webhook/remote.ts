/** A service that a kubeconfig names, as webhooks that decide about callers are configured: "clusters" is the service, "users" is this server. */
import { isRecord } from '../../meta/own.ts';
import { readYaml } from '../../meta/yaml.ts';

export interface RemoteService {
  readonly kind: 'remote';
  readonly url: string;
  readonly caPem?: string;
  /** Takes any certificate. */
  readonly insecure?: boolean;
  /** The name in its certificate, where that is not the URL's. */
  readonly serverName?: string;
  /** The `Authorization` header by which it knows this server. */
  readonly authorization?: string;
  /** The certificate by which it knows this server, both as PEM. */
  readonly identity?: { readonly cert: string; readonly key: string };
}

type Entry = Readonly<Record<string, unknown>>;

/** @param readText reads a file that the kubeconfig names @throws Error in client-go's words */
export async function readRemoteService(text: string, readText: (path: string) => Promise<string>): Promise<RemoteService> {
  const { cluster, user } = chosen(readYaml(text).value);
  const textOf = (entry: Entry, field: string): string => (typeof entry[field] === 'string' ? entry[field] : '');
  /** In place, as base64, or in a file. */
  const pem = async (entry: Entry, field: string): Promise<string> => {
    const [data, path] = [textOf(entry, `${field}-data`), textOf(entry, field)];
    return data !== '' ? atob(data) : path !== '' ? readText(path) : '';
  };
  for (const field of ['exec', 'auth-provider']) if (user[field]) throw new Error(`invalid configuration: ${field} is not supported for webhooks`);
  const url = textOf(cluster, 'server');
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') throw new Error(`invalid configuration: the server of a webhook must be an https URL, not ${JSON.stringify(url)}`);
  const [caPem, cert, key] = await Promise.all([pem(cluster, 'certificate-authority'), pem(user, 'client-certificate'), pem(user, 'client-key')]);
  const insecure = cluster['insecure-skip-tls-verify'] === true;
  if (insecure && caPem !== '') throw new Error('specifying a root certificates file with the insecure flag is not allowed');
  if ((cert === '') !== (key === '')) throw new Error('invalid configuration: client-certificate and client-key must be given together');
  const token = textOf(user, 'token') || (textOf(user, 'tokenFile') === '' ? '' : (await readText(textOf(user, 'tokenFile'))).trim());
  const [name, password, serverName] = [textOf(user, 'username'), textOf(user, 'password'), textOf(cluster, 'tls-server-name')];
  const authorization = token !== '' ? `Bearer ${token}` : name !== '' ? `Basic ${btoa(`${name}:${password}`)}` : '';
  return {
    kind: 'remote', url,
    ...(caPem === '' ? {} : { caPem }), ...(insecure ? { insecure } : {}), ...(serverName === '' ? {} : { serverName }),
    ...(authorization === '' ? {} : { authorization }), ...(cert === '' ? {} : { identity: { cert, key } }),
  };
}

/** What the current context names. */
function chosen(config: unknown): { readonly cluster: Entry; readonly user: Entry } {
  if (!isRecord(config)) throw new Error('invalid configuration: no configuration has been provided');
  const named = (list: unknown, name: string, field: string): Entry | undefined => {
    const found = Array.isArray(list) ? (list as readonly unknown[]).find((one) => isRecord(one) && one['name'] === name) : undefined;
    return isRecord(found) ? (isRecord(found[field]) ? found[field] : {}) : undefined;
  };
  const current = String(config['current-context'] ?? '');
  const context = named(config['contexts'], current, 'context');
  if (!context) throw new Error(current === '' ? 'invalid configuration: no configuration has been provided' : `context was not found for specified context: ${current}`);
  const [clusterName, userName] = [String(context['cluster'] ?? ''), String(context['user'] ?? '')];
  const cluster = named(config['clusters'], clusterName, 'cluster');
  if (!cluster) throw new Error(`invalid configuration: cluster ${JSON.stringify(clusterName)} does not exist`);
  const user = userName === '' ? {} : named(config['users'], userName, 'user');
  if (!user) throw new Error(`invalid configuration: user ${JSON.stringify(userName)} was not found for context ${JSON.stringify(current)}`);
  return { cluster, user };
}
