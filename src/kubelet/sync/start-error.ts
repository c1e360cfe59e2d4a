import type { Millis } from '../../base/clock.ts';

/** Reasons a container waits, as its status shows them. */
export type WaitingReason =
  | 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'InvalidImageName' | 'RegistryUnavailable' | 'SignatureValidationFailed' | 'ImageInspectError' | 'CrashLoopBackOff'
  | 'CreateContainerConfigError' | 'CreateContainerError' | 'RunContainerError' | 'PostStartHookError';

/** Why a container was not started. Expected: the pod worker notes it in the status and tries again. */
export class StartError extends Error {
  readonly reason: WaitingReason;
  /** When another try may do better; unless said, at the next sync that anything else causes. */
  readonly retryIn: Millis | undefined;

  constructor(reason: WaitingReason, message: string, { retryIn, cause }: { readonly retryIn?: Millis; readonly cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StartError';
    this.reason = reason;
    this.retryIn = retryIn;
  }
}
