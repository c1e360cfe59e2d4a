import { stringify } from 'yaml';
import type { KeyPair } from '../../wire/node/issue.ts';

export interface KubeconfigParts {
  readonly server: string;
  readonly caPem: string;
  readonly user: string;
  readonly pair: KeyPair;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A kubeconfig with everything inside, so that the file alone is enough anywhere. */
export function kubeconfig({ server, caPem, user, pair }: KubeconfigParts): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'knarr', cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name: user, user: { 'client-certificate-data': base64(pair.cert), 'client-key-data': base64(pair.key) } }],
    contexts: [{ name: 'knarr', context: { cluster: 'knarr', user } }],
    'current-context': 'knarr',
  }, { lineWidth: 0 });
}
