import type { ApiHandler } from '../wire/api.ts';
import { issuerReader } from './authn/issuer-reader.ts';
import { JwtAuthenticator } from './authn/jwt.ts';
import { choosePlugins } from './admission/order.ts';
import { makeAggregation, startAggregationKeeper } from './aggregation/index.ts';
import { Allocations } from './allocators/allocations.ts';
import { ClusterIps } from './allocators/cluster-ips.ts';
import { NodePorts } from './allocators/node-ports.ts';
import { startUpkeep } from './allocators/upkeep.ts';
import { TokenWebhook } from './authn/token-webhook.ts';
import { Tokens } from './authn/tokens.ts';
import { authorizersOf } from './authz/configured.ts';
import { RbacAuthorizer } from './authz/rbac.ts';
import { unionAuthorizer } from './authz/union.ts';
import { startIdentityLease } from './bootstrap/identity-lease.ts';
import { startLegacyTokenKeeper } from './bootstrap/legacy-token-keeper.ts';
import { bootstrap } from './bootstrap/run.ts';
import { startSystemKeeper } from './bootstrap/system-keeper.ts';
import { ANONYMOUS } from './authn/stage.ts';
import { startFlowControlKeeper } from './bootstrap/flow-control-keeper.ts';
import { chain } from './chain.ts';
import type { ApiServerOptions } from './config.ts';
import type { Core } from './core.ts';
import { startDefinitions } from './crd/definitions.ts';
import { applyDefaults } from '../schema/decode.ts';
import type { Kind } from '../schema/kind.ts';
import { startCompaction } from './compaction.ts';
import { startEventExpiry } from './event-expiry.ts';
import { beginExchange, composeStages } from './exchange.ts';
import { encryptedDriver } from './encryption/index.ts';
import { FlowControl } from './flow-control/index.ts';
import { makeMetrics, MeasuredAdmission, measuredDriver } from './metrics/index.ts';
import { parseRequestInfo, type RequestInfo } from './request-info.ts';
import { Resources } from './resources.ts';
import { answerError } from './respond.ts';
import { badRequest } from '../meta/api-error.ts';
import type { AnyObject } from '../meta/object.ts';
import { Hub } from './watch-cache/hub.ts';
import { strictness } from './watch-cache/version.ts';

export interface ApiServer extends AsyncDisposable {
  readonly handler: ApiHandler;
}

/** Ready to serve once it resolves: caches loaded, bootstrap objects there. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { clock, random, log, config } = options;
  const driver = encryptedDriver(options.driver, config.encryption);
  if (config.freezeObjects) strictness.freeze = true;
  const stopping = new AbortController();
  const hub = new Hub({ driver, clock, log });
  const resources = new Resources(hub, upgrade, config.version?.gitVersion ?? '');
  const from = driver.revision;
  for (const kind of options.kinds) await resources.add(kind);
  const allocations = new Allocations({
    serviceCidr: config.serviceCidr ?? '10.96.0.0/16',
    ips: new ClusterIps({ resources, clock, random }),
    ports: new NodePorts(config.nodePortRange ?? { from: 30_000, to: 32_767 }, random),
  });
  await allocations.ports.follow(hub);
  hub.start(from);
  const rbac = new RbacAuthorizer(resources);
  const metrics = makeMetrics({ resources });
  if (config.metrics) metrics.collectors.push(config.metrics);
  const { maxRequestsInFlight = 400, maxMutatingRequestsInFlight = 200 } = config;
  const flowControl = new FlowControl({ resources, clock, seats: maxRequestsInFlight + maxMutatingRequestsInFlight });
  const core: Core = {
    driver: measuredDriver(driver, metrics, clock), isStale: (value) => driver.isStale(value), clock, random, log, config, hub, resources,
    admission: new MeasuredAdmission(choosePlugins(config.admission), metrics, clock),
    authorizer: unionAuthorizer(authorizersOf({ config, resources, clock, random, log }, rbac)),
    rbac,
    issuers: (config.authentication?.jwt ?? []).map((jwt) => new JwtAuthenticator(jwt, { clock, fetchJson: issuerReader({ config, clock }) })),
    tokenWebhook: config.tokenWebhook && new TokenWebhook({ config, resources, clock, random }, config.tokenWebhook),
    tokens: new Tokens({ config: config.serviceAccounts, clock, random }),
    allocations,
    metrics,
    flowControl,
    aggregation: makeAggregation({ config, resources, random, clock }),
    stopping: stopping.signal,
  };
  const run = composeStages(chain(core));
  const handler: ApiHandler = async (request) => {
    let info: RequestInfo;
    try {
      info = parseRequestInfo(request.method, request.url);
    } catch {
      return answerError(request, badRequest(`invalid URL escape in ${JSON.stringify(request.url)}`));
    }
    return run(beginExchange(request, info, ANONYMOUS));
  };
  await bootstrap(core, handler);
  const keepers = [await startAggregationKeeper(core, handler), await startFlowControlKeeper(core, handler), startSystemKeeper(core, handler), await startIdentityLease(core, handler), await startLegacyTokenKeeper(core, handler)];
  const definitions = await startDefinitions(core, handler);
  const upkeep = await startUpkeep(core, handler);
  const expiry = startEventExpiry(core);
  const compaction = startCompaction({ driver, clock, log, interval: config.compactionInterval });

  return {
    handler,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      for (const keeper of keepers) keeper[Symbol.dispose]();
      flowControl[Symbol.dispose]();
      upkeep[Symbol.dispose]();
      expiry[Symbol.dispose]();
      compaction[Symbol.dispose]();
      await definitions[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}

/** What another schema wrote, as this one has it. */
function upgrade(kind: Kind, object: unknown): AnyObject {
  return kind.custom ? (kind.custom.upgrade(object as AnyObject) as AnyObject) : applyDefaults(kind, object as AnyObject);
}
