/** Host names of listeners and routes: a wildcard, `*.example.com`, stands for one label or more; none stands for all. */

/** What both cover, the narrower of the two; undefined where they share nothing. */
export function intersect(listener: string | undefined, route: string | undefined): string | undefined {
  const [a, b] = [listener?.toLowerCase() ?? '', route?.toLowerCase() ?? ''];
  if (a === '' || a === b) return b;
  if (b === '' || covers(b, a)) return a;
  return covers(a, b) ? b : undefined;
}

/** Whether every name of the second, a name or a narrower wildcard, is one of the wildcard. */
const covers = (wildcard: string, host: string): boolean => wildcard.startsWith('*.') && host.endsWith(wildcard.slice(1)) && host.length > wildcard.length - 1;

/** What a route's names and a listener's have in common: '' for every name. Empty: nothing. */
export function commonHostnames(listener: string | undefined, route: readonly string[] | undefined): readonly string[] {
  const own = route?.length ? route : [undefined];
  return [...new Set(own.flatMap((host) => intersect(listener, host) ?? []))];
}
