type Value = string | number | boolean | undefined;

/** `?a=1&b=x`, leaving out what is undefined or false, a list once for each; '' when nothing is left. */
export function queryOf(parameters: Readonly<Record<string, Value | readonly string[]>>): string {
  const parts: string[] = [];
  for (const [name, values] of Object.entries(parameters)) {
    for (const value of Array.isArray(values) ? (values as readonly string[]) : [values as Value]) {
      if (value !== undefined && value !== false) parts.push(`${name}=${encodeURIComponent(value)}`);
    }
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
