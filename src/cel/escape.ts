/** Property names as expressions can say them (kubernetes.io: CRD validation rules, "Escaping"). */
const KEYWORDS = new Set([
  'true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return',
]);
const SPEAKABLE = /^[a-zA-Z_./-][a-zA-Z0-9_./-]*$/;
const SIGNS: Readonly<Record<string, string>> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' };

/** undefined for a name no expression can say. */
export function escapeIdentifier(property: string): string | undefined {
  if (KEYWORDS.has(property)) return `__${property}__`;
  return SPEAKABLE.test(property) ? property.replace(/__|[./-]/g, (sign) => SIGNS[sign]!) : undefined;
}
