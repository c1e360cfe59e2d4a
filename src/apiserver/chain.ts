import { impersonateStage } from './authn/impersonate.ts';
import { authenticateStage } from './authn/stage.ts';
import { authorizeStage } from './authz/stage.ts';
import { auditStage } from './audit.ts';
import { compressStage } from './compress.ts';
import type { Core } from './core.ts';
import { dispatchStage } from './dispatch.ts';
import type { Stage } from './exchange.ts';
import { errorsStage } from './errors.ts';
import { maxInFlightStage } from './max-in-flight.ts';
import { metricsStage } from './metrics.ts';

/** What every request passes, in this order; the last stage answers. */
export function chain(core: Core): readonly Stage[] {
  return [
    metricsStage(core),
    compressStage(core),
    errorsStage(core),
    authenticateStage(core),
    maxInFlightStage(core),
    auditStage(core),
    impersonateStage(core),
    authorizeStage(core),
    dispatchStage(core),
  ];
}
