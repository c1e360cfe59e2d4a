import { aggregateStage } from './aggregation/index.ts';
import { impersonateStage } from './authn/impersonate.ts';
import { authenticateStage } from './authn/stage.ts';
import { authorizeStage } from './authz/stage.ts';
import { auditIdStage, auditStage } from './audit/index.ts';
import { compressStage } from './compress.ts';
import type { Core } from './core.ts';
import { deadlineStage } from './deadline.ts';
import { dispatchStage } from './dispatch.ts';
import type { Stage } from './exchange.ts';
import { errorsStage } from './errors.ts';
import { flowControlStage } from './flow-control/index.ts';
import { longYamlStage } from './long-yaml.ts';
import { metricsStage } from './metrics/index.ts';

/** What every request passes, in this order; the last stage answers. */
export function chain(core: Core): readonly Stage[] {
  return [
    metricsStage(core),
    compressStage(core),
    errorsStage(core),
    auditIdStage(core),
    deadlineStage(core),
    authenticateStage(core),
    auditStage(core),
    impersonateStage(core),
    flowControlStage(core),
    authorizeStage(core),
    aggregateStage(core),
    longYamlStage(core),
    dispatchStage(core),
  ];
}
