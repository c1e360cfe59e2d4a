/**
 * Calls `act` `count` times in batches of 1, 2, 4, … and stops after the first batch with a failure, so that what is
 * refused (quota, admission) is refused once, not `count` times. @returns how many succeeded, and the first failure.
 */
export async function slowStart(count: number, act: (index: number) => Promise<unknown>): Promise<{ readonly done: number; readonly failure?: unknown }> {
  let done = 0;
  let next = 0;
  for (let size = 1; next < count; size *= 2) {
    const batch = Array.from({ length: Math.min(size, count - next) }, (_, offset) => act(next + offset));
    next += batch.length;
    const results = await Promise.allSettled(batch);
    done += results.filter((result) => result.status === 'fulfilled').length;
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) return { done, failure: failed.reason };
  }
  return { done };
}
