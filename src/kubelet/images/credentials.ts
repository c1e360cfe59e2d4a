/** Registry credentials for an image: of the Secrets that imagePullSecrets names, and of whoever else knows some. */
import { createHash } from 'node:crypto';
import type { Secret } from '../../kinds/core/secret.ts';
import type { AuthConfig } from '../cri/runtime-v1.ts';
import { parseImageReference } from './reference.ts';

export interface DockerAuth {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
}

/** Whose a credential is. Every pod of the node may use one without a source. */
export interface CredentialSource {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Of what the Secret says; undefined for a ServiceAccount, on whose behalf a program answered. */
  readonly hash?: string;
}

export interface Credential {
  readonly auth: AuthConfig;
  readonly source?: CredentialSource;
}

/** Those that are for the image's registry and repository, most specific first. What cannot be read is left out. */
export function credentialsFor(image: string, secrets: readonly Secret[]): readonly Credential[] {
  const target = targetOf(image);
  return secrets.flatMap((secret) => Object.entries(authsOf(secret)).map(([location, auth]) => ({ location: normalized(location), auth, source: sourceOf(secret) })))
    .filter(({ location }) => covers(location, target))
    .toSorted((a, b) => b.location.length - a.location.length)
    .map(({ auth, source }) => ({ auth: configOf(auth), source }));
}

/** Those of a table by location, as programs answer with. */
export const credentialsAmong = (image: string, auths: Readonly<Record<string, DockerAuth>>): readonly AuthConfig[] =>
  Object.entries(auths).map(([location, auth]) => ({ location: normalized(location), auth })).filter(({ location }) => covers(location, targetOf(image)))
    .toSorted((a, b) => b.location.length - a.location.length).map(({ auth }) => configOf(auth));

/** `registry/repository`, without tag and digest. */
export function targetOf(image: string): string {
  const { registry, repository } = parseImageReference(image);
  return `${registry}/${repository}`;
}

const sourceOf = ({ metadata, data = {}, type = '' }: Secret): CredentialSource => ({
  uid: metadata?.uid ?? '', namespace: metadata?.namespace ?? '', name: metadata?.name ?? '', hash: createHash('sha256').update(JSON.stringify([type, data])).digest('hex'),
});

function authsOf({ type, data = {} }: Secret): Readonly<Record<string, DockerAuth>> {
  const key = type === 'kubernetes.io/dockercfg' ? '.dockercfg' : '.dockerconfigjson';
  try {
    const parsed = JSON.parse(Buffer.from(data[key] ?? '', 'base64').toString('utf8')) as Record<string, unknown>;
    return (key === '.dockercfg' ? parsed : parsed.auths ?? {}) as Record<string, DockerAuth>;
  } catch {
    return {};
  }
}

/** `https://index.docker.io/v1/` is docker.io. */
const normalized = (location: string): string =>
  location.replace(/^https?:\/\//, '').replace(/\/v[12]\/?$/, '').replace(/\/$/, '').replace(/^(index|registry-1)\.docker\.io/, 'docker.io');

/** Whether a pattern names the target: `*` stands for any of one label of the host, and the path is where the target's begins. */
export function covers(pattern: string, target: string): boolean {
  const [host = '', ...path] = pattern.split('/');
  const [targetHost = '', ...targetPath] = target.split('/');
  const [name = '', port] = host.split(':');
  const [targetName = '', targetPort] = targetHost.split(':');
  const labels = name.split('.');
  const targetLabels = targetName.split('.');
  return port === targetPort && labels.length === targetLabels.length && labels.every((label, index) => globs(label, targetLabels[index]!)) &&
    path.every((segment, index) => segment === targetPath[index]);
}

const globs = (label: string, text: string): boolean =>
  label === text || (label.includes('*') && new RegExp(`^${label.split('*').map((part) => part.replaceAll(/[^\w-]/g, '\\$&')).join('[^.]*')}$`).test(text));

/** Without the server's address, as upstream: containerd takes it for a URL, and a host with a port is none. */
function configOf({ username = '', password = '', auth, identitytoken = '' }: DockerAuth): AuthConfig {
  const [user = '', ...secret] = auth === undefined ? [username, password] : Buffer.from(auth, 'base64').toString('utf8').split(':');
  return { username: user, password: secret.join(':'), identityToken: identitytoken };
}
