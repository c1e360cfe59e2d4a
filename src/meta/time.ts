/** Times as the API writes them: RFC 3339 in UTC, to the second or (MicroTime) to the microsecond. */

/** @param at milliseconds since the epoch; what is below the second is dropped */
export const formatTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** metav1.MicroTime, as Leases and events.k8s.io use it. */
export const formatMicroTime = (at: number): string => new Date(at).toISOString().replace('Z', '000Z');

/** Milliseconds since the epoch, undefined where there is no time or none that can be read. */
export function parseTime(text: string | undefined | null): number | undefined {
  const at = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
