const SIMPLE: Readonly<Record<string, string>> = {
  a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '?': '?', '"': '"', "'": "'", '`': '`',
};
const ESCAPE = /\\(?:([abfnrtv\\?"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([^]|$))/g;

/** What stands between the quotes, its escapes replaced; undefined where one is no escape. */
export function unquote(body: string, { raw, bytes }: { readonly raw: boolean; readonly bytes: boolean }): string | Uint8Array | undefined {
  const text = body.replace(/\r\n?/g, '\n');
  if (raw) return bytes ? new TextEncoder().encode(text) : text;
  return bytes ? bytesOf(text) : textOf(text);
}

function textOf(text: string): string | undefined {
  if (!text.includes('\\')) return text;
  let broken = false;
  const result = text.replace(ESCAPE, (_all, simple?: string, hex?: string, short?: string, long?: string, octal?: string) => {
    if (simple !== undefined) return SIMPLE[simple]!;
    const code = codeOf(hex ?? short ?? long, octal);
    if (code === undefined || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      broken = true;
      return '';
    }
    return String.fromCodePoint(code);
  });
  return broken ? undefined : result;
}

/** In bytes, \x and octal numbers name bytes; the rest is UTF-8. */
function bytesOf(text: string): Uint8Array | undefined {
  const parts: number[] = [];
  const encoder = new TextEncoder();
  let last = 0;
  for (const match of text.matchAll(ESCAPE)) {
    parts.push(...encoder.encode(text.slice(last, match.index)));
    last = match.index + match[0].length;
    const [, simple, hex, short, long, octal] = match;
    const code = simple === undefined ? codeOf(hex, octal) : SIMPLE[simple]!.charCodeAt(0);
    if (code === undefined || short !== undefined || long !== undefined) return undefined;
    parts.push(code);
  }
  return Uint8Array.from([...parts, ...encoder.encode(text.slice(last))]);
}

function codeOf(hex: string | undefined, octal: string | undefined): number | undefined {
  if (hex !== undefined) return Number.parseInt(hex, 16);
  return octal === undefined ? undefined : Number.parseInt(octal, 8);
}
