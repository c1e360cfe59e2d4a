import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Driver } from '../store/index.ts';
import type { Allocations } from './allocators/allocations.ts';
import type { Admission } from './admission/admission.ts';
import type { Aggregation } from './aggregation/index.ts';
import type { JwtAuthenticator } from './authn/jwt.ts';
import type { TokenWebhook } from './authn/token-webhook.ts';
import type { Tokens } from './authn/tokens.ts';
import type { Authorizer } from './authz/authorizer.ts';
import type { RbacAuthorizer } from './authz/rbac.ts';
import type { ApiServerConfig } from './config.ts';
import type { EncryptedDriver } from './encryption/index.ts';
import type { FlowControl } from './flow-control/index.ts';
import type { Metrics } from './metrics/index.ts';
import type { Resources } from './resources.ts';
import type { Hub } from './watch-cache/hub.ts';

/** What the stages and verbs of one server share. */
export interface Core {
  readonly driver: Driver;
  /** Whether an object's bytes are to be written anew, though it is the same. */
  readonly isStale: EncryptedDriver['isStale'];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly config: ApiServerConfig;
  readonly hub: Hub;
  readonly resources: Resources;
  readonly admission: Admission;
  readonly authorizer: Authorizer;
  readonly rbac: RbacAuthorizer;
  readonly allocations: Allocations;
  readonly tokens: Tokens;
  /** By issuer, of those that are not ourselves. */
  readonly issuers: readonly JwtAuthenticator[];
  /** A service that knows tokens nobody else knows. */
  readonly tokenWebhook: TokenWebhook | undefined;
  readonly metrics: Metrics;
  readonly flowControl: FlowControl;
  readonly aggregation: Aggregation;
  /** Aborts when the server stops: watches end with it. */
  readonly stopping: AbortSignal;
}
