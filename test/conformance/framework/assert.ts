import { deepEqual } from '../../../src/base/deep-equal.ts';
import { isApiError, type Reason } from '../../../src/meta/api-error.ts';

/** What a test expected did not hold. */
export class Unmet extends Error {
  override readonly name = 'Unmet';
}

export function check(ok: boolean, what: string): asserts ok {
  if (!ok) throw new Unmet(what);
}

export function equal<T>(actual: T, expected: T, what: string): void {
  if (!deepEqual(actual, expected)) throw new Unmet(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

/** The failure of a call that must not succeed. */
export async function refused(call: Promise<unknown>, what: string, ...reasons: Reason[]): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (isApiError(error, ...reasons)) return;
    throw error;
  }
  throw new Unmet(`${what}: was accepted`);
}
