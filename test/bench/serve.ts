/** `bench serve FILE`: the API server over the wal driver and TLS, with audit at Metadata, in a process of its own. */
import { readFile } from 'node:fs/promises';
import { systemClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { backendDialer } from '../../src/cluster/control-plane/backends.ts';
import { AuditLog } from '../../src/cluster/control-plane/audit-log.ts';
import { startApiServer } from '../../src/apiserver/index.ts';
import type { ServiceAccountConfig } from '../../src/apiserver/index.ts';
import { builtinKinds } from '../../src/kinds/index.ts';
import { walDriver } from '../../src/store/drivers/wal.ts';
import { gzip } from '../../src/wire/node/gzip.ts';
import { serve, type ServingCertificate } from '../../src/wire/node/http-server.ts';
import { reportAt } from './report.ts';

export interface ServeConfig {
  readonly directory: string;
  readonly port: number;
  readonly tls: ServingCertificate;
  readonly clientCa: string;
  /** A file for audit's lines. */
  readonly audit: string;
  /** A file for reports, written anew at each SIGUSR2. */
  readonly report: string;
}

export async function serveApi(file: string): Promise<void> {
  const { directory, port, tls, clientCa, audit, report } = JSON.parse(await readFile(file, 'utf8')) as ServeConfig;
  reportAt(report);
  const driver = await walDriver({ directory, random: systemRandom, log: silent });
  const log = new AuditLog({ file: audit, clock: systemClock, log: silent });
  const backends = backendDialer(tls);
  const server = await startApiServer({
    driver, kinds: builtinKinds, clock: systemClock, random: systemRandom, log: silent,
    config: { serviceAccounts: await signingConfig(), caPem: clientCa, advertise: { address: '192.0.2.1', port }, gzip, audit: log.write, askBackend: backends },
  });
  const http = await serve(server.handler, { host: '127.0.0.1', port, tls, clientCa, log: silent });
  process.once('SIGTERM', async () => {
    await http.close();
    await server[Symbol.asyncDispose]();
    await backends[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
    await driver[Symbol.asyncDispose]();
    process.exit(0);
  });
}

async function signingConfig(): Promise<ServiceAccountConfig> {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const issuer = 'https://kubernetes.default.svc';
  return { issuer, audiences: [issuer], signingKey: { ...(await crypto.subtle.exportKey('jwk', privateKey)), alg: 'ES256', kid: 'bench' } as ServiceAccountConfig['signingKey'] };
}
