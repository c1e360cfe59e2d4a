/** Patterns are RE2's, of which JavaScript's are nearly a superset. */

const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z', alpha: 'A-Za-z', ascii: '\\x00-\\x7F', blank: '\\t ', cntrl: '\\x00-\\x1F\\x7F', digit: '0-9', graph: '!-~', lower: 'a-z',
  print: ' -~', punct: '!-\\/:-@\\[-`{-~', space: '\\t\\n\\v\\f\\r ', upper: 'A-Z', word: '0-9A-Za-z_', xdigit: '0-9A-Fa-f',
};

/** Whether text matches somewhere; undefined where the pattern is none. */
export function patternTester(pattern: string): ((text: string) => boolean) | undefined {
  const flags = /^\(\?([ims]+)\)/.exec(pattern)?.[1] ?? '';
  const translated = pattern.replace(/^\(\?[ims]+\)/, '').replaceAll('(?P<', '(?<').replaceAll('\\z', '$').replaceAll('\\A', '^')
    .replaceAll(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole).replaceAll(/\\(p|P)([A-Z])/g, '\\$1{$2}');
  for (const mode of ['u', '']) {
    try {
      const compiled = new RegExp(translated, flags + mode);
      return (text) => compiled.test(text);
    } catch {
      // Without `u` more is let pass: \- and the like.
    }
  }
  return undefined;
}
