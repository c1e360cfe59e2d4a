/** Registry credentials from the Secrets that imagePullSecrets names. */
import type { Secret } from '../../kinds/core/secret.ts';
import type { AuthConfig } from '../cri/runtime-v1.ts';
import { parseImageReference } from './reference.ts';

interface DockerAuth {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
}

/** Those that are for the image's registry and repository, most specific first. What cannot be read is left out. */
export function credentialsFor(image: string, secrets: readonly Secret[]): readonly AuthConfig[] {
  const { registry, repository } = parseImageReference(image);
  const target = `${registry}/${repository}`;
  return secrets.flatMap((secret) => Object.entries(authsOf(secret)))
    .map(([location, auth]) => ({ location: normalized(location), auth }))
    .filter(({ location }) => covers(location, target))
    .toSorted((a, b) => b.location.length - a.location.length)
    .map(({ location, auth }) => configOf(location, auth));
}

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

/** `*.example.com` covers one label. */
function covers(location: string, target: string): boolean {
  const [host = '', ...path] = location.split('/');
  const [targetHost = '', ...targetPath] = target.split('/');
  const labels = host.split('.');
  const targetLabels = targetHost.split('.');
  return labels.length === targetLabels.length && labels.every((label, index) => label === '*' || label === targetLabels[index]) &&
    path.every((segment, index) => segment === targetPath[index]);
}

function configOf(serverAddress: string, { username = '', password = '', auth, identitytoken = '' }: DockerAuth): AuthConfig {
  const [user = '', ...secret] = auth === undefined ? [username, password] : Buffer.from(auth, 'base64').toString('utf8').split(':');
  return { username: user, password: secret.join(':'), serverAddress, identityToken: identitytoken };
}
