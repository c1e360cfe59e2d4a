import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { startApiServer } from '../apiserver/index.ts';
import { createClient, createInformers, type Client, type Informers } from '../client/index.ts';
import { startControllers } from '../controllers/index.ts';
import { builtinKinds } from '../kinds/index.ts';
import { startScheduler } from '../scheduler/index.ts';
import { startSimulatedNodes, type Stage } from '../simulate/index.ts';
import { memoryDriver } from '../store/index.ts';
import type { ApiHandler, UserInfo } from '../wire/api.ts';
import { backendDialer } from './control-plane/backends.ts';
import { MetricsApi } from './metrics/metrics-api.ts';
import { METRICS_SERVICE, registerMetrics } from './metrics/objects.ts';
import { Started } from './started.ts';
import { KUBERNETES_VERSION } from './version.ts';

export interface InMemoryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Names of the nodes that pretend to run pods. */
  readonly nodes: readonly string[];
  /** How pods live on them; as pods of real nodes do unless said. */
  readonly stages?: readonly Stage[];
  /** Whether controllers and scheduler run; they do unless told not to. */
  readonly controllers?: boolean;
  /** Stands between everybody, components too, and the server: where tests put their faults. */
  readonly around?: (handler: ApiHandler) => ApiHandler;
}

/** A whole cluster on one event loop: nothing is listened to, nothing is kept. */
export interface InMemoryCluster extends AsyncDisposable {
  readonly handler: ApiHandler;
  readonly informers: Informers;
  clientOf(user: UserInfo): Client;
}

/** Resolves when the API serves and every node is Ready. */
export async function startInMemory({ clock, random, log, nodes, ...options }: InMemoryOptions): Promise<InMemoryCluster> {
  const started = new Started();
  const around = { clock, random, log };
  try {
    const key = await signingKey();
    const issuer = 'https://kubernetes.default.svc.cluster.local';
    const metrics = new MetricsApi();
    const { handler: server } = started.add(await startApiServer({
      driver: started.add(memoryDriver()), kinds: builtinKinds, ...around,
      config: { serviceAccounts: { issuer, audiences: [issuer], signingKey: key }, version: { gitVersion: KUBERNETES_VERSION }, ownServices: { [METRICS_SERVICE]: metrics.handler }, askBackend: started.add(backendDialer()) },
    }));
    const handler = options.around?.(server) ?? server;
    const clientOf = (user: UserInfo) => createClient(handler, { user, userAgent: user.username });
    const named = (username: string) => clientOf({ username, groups: ['system:authenticated'] });
    const informers = started.add(createInformers(named('system:kube-controller-manager'), around));
    // There is no TLS, and so no CA to publish.
    const config = { caPem: '', serviceAccountKey: key };
    if (options.controllers !== false) {
      started.add(startControllers({ ...around, client: named('system:kube-controller-manager'), informers, config }));
      started.add(await startScheduler({ ...around, client: named('system:kube-scheduler'), informers }));
    }
    const knarr = clientOf({ username: 'system:knarr', groups: ['system:masters'] });
    // What faults are injected is the test's affair, not the cluster's own making.
    const maker = createClient(server, { user: { username: 'system:knarr', groups: ['system:masters'] } });
    metrics.start({ client: maker, informers, clock, log });
    await registerMetrics(maker);
    const { stages } = options;
    started.add(await startSimulatedNodes({ ...around, client: knarr, informers, names: nodes, ...(stages ? { stages } : {}) }));
    return { handler, informers, clientOf, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
  } catch (error) {
    await started[Symbol.asyncDispose]();
    throw error;
  }
}

async function signingKey() {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { kty = 'EC', crv = '', x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', privateKey);
  return { kty, crv, x, y, d, alg: 'ES256', kid: 'in-memory' };
}
