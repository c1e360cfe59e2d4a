import { impersonateStage } from './authn/impersonate.ts';
import { authenticateStage } from './authn/stage.ts';
import { authorizeStage } from './authz/stage.ts';
import type { Core } from './core.ts';
import { dispatchStage } from './dispatch.ts';
import type { Stage } from './exchange.ts';
import { errorsStage } from './errors.ts';

/** What every request passes, in this order; the last stage answers. */
export function chain(core: Core): readonly Stage[] {
  return [
    errorsStage(core),
    authenticateStage(core),
    impersonateStage(core),
    authorizeStage(core),
    dispatchStage(core),
  ];
}
