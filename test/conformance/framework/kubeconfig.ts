import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';

/** How to reach a cluster, and as whom. */
export interface Access {
  readonly url: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  readonly insecure?: boolean;
}

interface Named<K extends string, T> {
  readonly name: string;
  readonly [key: string]: unknown;
  readonly value?: T;
  readonly kind?: K;
}

type Fields = Readonly<Record<string, unknown>>;
interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly contexts?: readonly Named<'context', Fields>[];
  readonly clusters?: readonly Named<'cluster', Fields>[];
  readonly users?: readonly Named<'user', Fields>[];
}

/** The current context of a kubeconfig. @throws when it names something the file does not have */
export async function readKubeconfig(file: string): Promise<Access> {
  const config = parse(await readFile(file, 'utf8')) as Kubeconfig;
  const section = (list: readonly Named<string, Fields>[] | undefined, field: string, name: unknown): Fields => {
    const found = list?.find((one) => one.name === name)?.[field];
    if (!found) throw new Error(`${file}: no ${field} named ${String(name)}`);
    return found as Fields;
  };
  const context = section(config.contexts, 'context', config['current-context']);
  const cluster = section(config.clusters, 'cluster', context.cluster);
  const user = section(config.users, 'user', context.user);
  const pem = async (from: Fields, field: string): Promise<string | undefined> => {
    const data = from[`${field}-data`];
    if (typeof data === 'string') return Buffer.from(data, 'base64').toString();
    const path = from[field];
    return typeof path === 'string' ? readFile(resolve(dirname(file), path), 'utf8') : undefined;
  };
  const [ca, cert, key] = await Promise.all([
    pem(cluster, 'certificate-authority'), pem(user, 'client-certificate'), pem(user, 'client-key'),
  ]);
  return {
    url: String(cluster.server),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(typeof user.token === 'string' && { token: user.token }),
    ...(cluster['insecure-skip-tls-verify'] === true && { insecure: true }),
  };
}
