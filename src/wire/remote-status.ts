/** What the error channel of exec and attach says at the end: a metav1.Status. Its messages are client-go's and the API server's. */
import { messageOf } from '../base/message-of.ts';

interface Cause {
  readonly reason?: string;
  readonly message?: string;
}
export interface CommandStatus {
  readonly metadata: object;
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly Cause[] };
  readonly code?: number;
}

export const SUCCESS: CommandStatus = { metadata: {}, status: 'Success' };

export function internalError(message: string): CommandStatus {
  return { metadata: {}, status: 'Failure', message: `Internal error occurred: ${message}`, reason: 'InternalError', details: { causes: [{ message }] }, code: 500 };
}

/** @param text all that the runtime said on its error stream @param version of the protocol spoken with it: a Status only comes since v4 */
export function statusFrom(text: string, version: string): CommandStatus {
  if (text === '') return SUCCESS;
  if (!version.startsWith('v4.')) return internalError(`error executing remote command: ${text}`);
  const said = parsed(text);
  if (typeof said === 'string') return internalError(`error stream protocol error: ${said} in ${JSON.stringify(text)}`);
  if (said.status === 'Success') return SUCCESS;
  if (said.status !== 'Failure') return internalError('error stream protocol error: unknown error');
  return said.reason === 'NonZeroExitCode' ? exited(said) : internalError(said.message ?? '');
}

function exited({ details }: CommandStatus): CommandStatus {
  if (!details) return internalError('error stream protocol error: details must be set');
  const code = details.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code === undefined) return internalError('error stream protocol error: no ExitCode cause given');
  if (!/^\d+$/.test(code) || Number(code) > 255) return internalError(`error stream protocol error: invalid exit code value ${JSON.stringify(code)}`);
  return {
    metadata: {}, status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: code }] },
    message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
  };
}

function parsed(text: string): CommandStatus | string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as CommandStatus) : 'json: not an object';
  } catch (error) {
    return messageOf(error);
  }
}
