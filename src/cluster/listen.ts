import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { ApiHandler } from '../wire/api.ts';
import { serve } from '../wire/node/http-server.ts';
import { issueCa, issueLeaf, type KeyPair } from '../wire/node/issue.ts';
import { kubeconfig } from './pki/kubeconfig.ts';

/** A server's handler behind a port of this machine's loopback. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
  /** A kubeconfig for its administrator, as text. */
  readonly kubeconfig: string;
  readonly ca: KeyPair;
}

/** Serves a handler over TLS with certificates made for it alone, so that kubectl and programs in any language can ask. */
export async function listen(handler: ApiHandler, { clock, random, log }: { readonly clock: Clock; readonly random: Random; readonly log: Logger }): Promise<Listening> {
  const now = clock.now();
  const ca = issueCa('knarr', now, random);
  const issue = (name: string, more: { readonly organizations: readonly string[]; readonly use: 'client' | 'server' }) =>
    issueLeaf({ commonName: name, dnsNames: ['localhost'], addresses: ['127.0.0.1'], ...more }, ca, { now, random });
  const tls = issue('kube-apiserver', { organizations: [], use: 'server' });
  const server = await serve(handler, { host: '127.0.0.1', port: 0, tls, clientCa: ca.cert, log });
  const pair = issue('kubernetes-admin', { organizations: ['system:masters'], use: 'client' });
  return {
    port: server.port, ca,
    kubeconfig: kubeconfig({ server: `https://127.0.0.1:${server.port}`, caPem: ca.cert, user: 'kubernetes-admin', pair }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
