/**
 * `$(NAME)` in commands, arguments and environment values
 * (https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/): `$$` is a
 * dollar sign, a name without a value stays as it is written.
 */
export function expand(text: string, valueOf: (name: string) => string | undefined): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, what: string, name: string | undefined) => {
    if (what === '$') return '$';
    return valueOf(name!) ?? whole;
  });
}

/** Names in `text` that have no value. */
export function missingNames(text: string, valueOf: (name: string) => string | undefined): readonly string[] {
  const missing: string[] = [];
  expand(text, (name) => {
    const value = valueOf(name);
    if (value === undefined) missing.push(name);
    return value;
  });
  return missing;
}
