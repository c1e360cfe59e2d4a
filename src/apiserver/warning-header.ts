/** Upstream's limits, in characters: where all together have more than the first, each is cut to the second. */
const MAX_WARNINGS = 4096;
const MAX_WARNING = 256;

/** `299 - "text", 299 - "text"` (RFC 9111 no longer has this header, Kubernetes does). */
export const warningHeader = (warnings: readonly string[]): string => inBytes(shortened(warnings).map(quoted).join(', '));

const quoted = (text: string): string => `299 - "${text.replaceAll(/\p{Cc}/gu, ' ').replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

function shortened(warnings: readonly string[]): readonly string[] {
  if (warnings.reduce((sum, { length }) => sum + length, 0) <= MAX_WARNINGS) return warnings;
  const kept: string[] = [];
  let written = 0;
  for (const text of warnings) {
    if (written >= MAX_WARNINGS) break;
    const characters = Array.from(text).slice(0, MAX_WARNING);
    kept.push(characters.join(''));
    written += characters.length;
  }
  return kept;
}

const encoder = new TextEncoder();

/** Headers are bytes, each of which a server writes as one character. */
const inBytes = (text: string): string =>
  (/^[\x20-\x7e]*$/.test(text) ? text : Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte)).join(''));
