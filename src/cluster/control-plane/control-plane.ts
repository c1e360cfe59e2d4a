import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { Turns } from '../../base/turns.ts';
import type { Random } from '../../base/random.ts';
import { startApiServer, type ApiServerConfig } from '../../apiserver/index.ts';
import { createClient, createInformers, type Client } from '../../client/index.ts';
import { builtinKinds } from '../../kinds/index.ts';
import { legacyKinds } from '../../kinds/legacy/index.ts';
import { startSimulatedNodes } from '../../simulate/index.ts';
import { walDriver } from '../../store/drivers/wal.ts';
import type { ApiHandler, UserInfo } from '../../wire/api.ts';
import { gzip } from '../../wire/node/gzip.ts';
import { serve } from '../../wire/node/http-server.ts';
import type { Layout } from '../layout.ts';
import { startLoop } from '../component/loops.ts';
import { LOOPS } from '../component/names.ts';
import { requirePair } from '../pki/ensure.ts';
import { followPairs } from '../pki/follow.ts';
import { ensureServiceAccountKey, publicPart } from '../pki/service-account-key.ts';
import { serviceCidrsOf } from '../settings-families.ts';
import { loopsOf, simulatedNames, type Settings } from '../settings.ts';
import { ControllerMetrics } from '../../controllers/index.ts';
import { MetricsApi } from '../metrics/metrics-api.ts';
import { METRICS_SERVICE, registerMetrics } from '../metrics/objects.ts';
import { Started } from '../started.ts';
import { KUBERNETES_VERSION } from '../version.ts';
import { CIPHERS } from './ciphers.ts';
import { readTakenApiConfig, readTakenTokens } from './api-config.ts';
import { AuditLog } from './audit-log.ts';
import { ensureClusterObjects, removeOldLeases, removeRetiredNodes } from './cluster-objects.ts';
import { backendDialer } from './backends.ts';
import { dialer, kubeletDialer } from './dialers.ts';
import { processFacts } from './process-facts.ts';
import { logFilesIn } from './log-files.ts';
import { startYamlThread } from './yaml-thread.ts';
import { YamlWorker } from './yaml-worker.ts';

export interface ControlPlaneOptions {
  readonly layout: Layout;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The store can no longer be trusted: the process must end. */
  readonly onStoreFailure: (error: Error) => void;
}

/** Makes what the cluster itself consists of. */
const KNARR: UserInfo = { username: 'system:knarr', groups: ['system:masters'] };

/** Store, API server, controllers, scheduler and simulated nodes on one event loop. Serves once it resolves. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<AsyncDisposable> {
  const { layout, settings, clock, random, log, onStoreFailure } = options;
  const started = new Started();
  try {
    const driver = started.add(await walDriver({ directory: layout.store, random, log: log.with({ room: 'store' }), onFailure: onStoreFailure }));
    const kinds = settings.legacyApis ? [...builtinKinds, ...legacyKinds] : builtinKinds;
    const metrics = new MetricsApi();
    const passes = new ControllerMetrics(options.clock);
    const config = await apiServerConfig(options, { started, metrics, passes });
    const server = started.add(await startApiServer({ driver, kinds, clock, random, log: log.with({ room: 'apiserver' }), config }));
    const [tls, ca, proxyCa] = await Promise.all([requirePair(layout, 'apiserver'), requirePair(layout, 'ca'), requirePair(layout, 'front-proxy-ca')]);
    const web = started.add(await serve(inTurns(server.handler, clock), {
      host: '0.0.0.0', port: settings.port, tls, clientCa: ca.cert, proxyCa: proxyCa.cert, streamsBody: isProxied, log: log.with({ room: 'http' }),
    }));
    started.add(followPairs([{ name: 'apiserver', pair: tls, take: (pair) => web.setCertificate(pair) }], options));
    await startLoops(options, server.handler, { started, metrics, passes });
    return started;
  } catch (error) {
    await started[Symbol.asyncDispose]();
    throw error;
  }
}

/** Requests from outside share the loop with each other and with the controllers within: a burst of them is taken in pieces. */
function inTurns(handler: ApiHandler, clock: Clock): ApiHandler {
  const turns = Turns.of(clock);
  return (request) => turns.take()?.then(() => handler(request)) ?? handler(request);
}

/** Paths whose bodies belong to somebody else and may have any size. */
const PROXIED = /^\/api\/v1\/(?:namespaces\/[^/?]+\/)?(?:pods|services|nodes)\/[^/?]+\/(?:proxy|exec|attach|portforward)(?:[/?]|$)/;
const isProxied = (url: string): boolean => PROXIED.test(url);

interface Parts {
  readonly started: Started;
  readonly metrics: MetricsApi;
  readonly passes: ControllerMetrics;
}

async function apiServerConfig(options: ControlPlaneOptions, { started, metrics, passes }: Parts): Promise<ApiServerConfig> {
  const { layout, settings, clock, log } = options;
  const [ca, frontProxyCa, kubeletClient, proxyClient, signingKey] = await Promise.all([
    requirePair(layout, 'ca'), requirePair(layout, 'front-proxy-ca'), requirePair(layout, 'apiserver-kubelet-client'), requirePair(layout, 'front-proxy-client'), ensureServiceAccountKey(layout),
  ]);
  const configuration = await readTakenApiConfig(layout);
  const issuer = `https://kubernetes.default.svc.${settings.clusterDomain}`;
  const kubelet = started.add(kubeletDialer({ ca: ca.cert, ...kubeletClient }));
  const askBackend = started.add(backendDialer(proxyClient));
  started.add(followPairs([
    { name: 'apiserver-kubelet-client', pair: kubeletClient, take: (pair) => kubelet.setIdentity(pair) },
    { name: 'front-proxy-client', pair: proxyClient, take: (pair) => askBackend.setIdentity(pair) },
  ], options));
  const yaml = started.add(new YamlWorker(startYamlThread, clock));
  return {
    serviceAccounts: { issuer, audiences: [issuer], signingKey, verificationKeys: [publicPart(signingKey)] },
    caPem: ca.cert,
    frontProxyCaPem: frontProxyCa.cert,
    serviceCidr: serviceCidrsOf(settings).join(','),
    advertise: { address: settings.advertiseAddress, port: settings.port },
    kubelet,
    dial: started.add(dialer()),
    ownServices: { [METRICS_SERVICE]: metrics.handler },
    askBackend,
    gzip,
    readYaml: (text, signal) => yaml.read(text, signal),
    process: processFacts,
    metrics: () => passes.queueFamilies(),
    hostname: hostname(),
    // Who says what to tell means it to be told.
    ...(settings.auditLog || configuration.auditPolicy ? { audit: started.add(new AuditLog({ file: join(layout.logs, 'audit.log'), clock, log })).write } : {}),
    admission: { ...settings.admission, ...configuration.admission },
    ...(configuration.authentication ? { authentication: configuration.authentication } : {}),
    ...(configuration.authorizers ? { authorizers: configuration.authorizers } : {}),
    ...(configuration.encryptionRules ? { encryption: { rules: configuration.encryptionRules, ciphers: CIPHERS } } : {}),
    ...(await readTakenTokens(layout)),
    ...(configuration.auditPolicy ? { auditPolicy: configuration.auditPolicy } : {}),
    logs: logFilesIn(layout.logs),
    legacyServiceAccountTokens: settings.legacyServiceAccountTokens,
    version: { gitVersion: KUBERNETES_VERSION },
  };
}

async function startLoops(options: ControlPlaneOptions, handler: ApiHandler, { started, metrics, passes }: Parts): Promise<void> {
  const { settings, clock, random, log } = options;
  const around = { clock, random, log };
  const clientOf = (user: UserInfo): Client => createClient(handler, { user, userAgent: user.username });
  // One set of caches for all: their objects are the server's own, and each cache less is one watch less to feed.
  const informers = started.add(createInformers(clientOf({ username: LOOPS.controllers.user, groups: [] }), around));
  const knarr = clientOf(KNARR);
  metrics.start({ client: knarr, informers, clock, log: log.with({ room: 'metrics' }) });
  await Promise.all([removeRetiredNodes(knarr, settings), registerMetrics(knarr)]);
  const own = settings.components ? [] : loopsOf(settings);
  await removeOldLeases(knarr, own.map((loop) => LOOPS[loop].lease));
  for (const loop of own) started.add(await startLoop(loop, { ...options, client: clientOf({ username: LOOPS[loop].user, groups: [] }), informers, metrics: passes }));
  if (settings.nodes.length > 0) await ensureClusterObjects(knarr, settings);
  if (settings.simulated > 0) {
    started.add(await startSimulatedNodes({ ...around, client: knarr, informers, names: simulatedNames(settings.simulated), log: log.with({ room: 'simulate' }) }));
  }
}
