/** The Huffman code of RFC 7541, appendix B. It is canonical: the lengths of the codes tell the codes. */

/** Symbols by the length of their code: printable ones as text, others as ranges. 256 is the end of the string. */
const BY_LENGTH: Readonly<Record<number, { readonly text?: string; readonly codes?: string }>> = {
  5: { text: '012aceiost' },
  6: { text: ' %-./3456789=A_bdfghlmnpru' },
  7: { text: ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz' },
  8: { text: '&*,;XZ' },
  10: { text: '!"()?' },
  11: { text: "'+|" },
  12: { text: '#>' },
  13: { text: '$@[]~', codes: '0' },
  14: { text: '^}' },
  15: { text: '<`{' },
  19: { codes: '92 195 208' },
  20: { codes: '128 130-131 162 184 194 224 226' },
  21: { codes: '153 161 167 172 176-177 179 209 216-217 227 229-230' },
  22: { codes: '129 132-134 136 146 154 156 160 163-164 169-170 173 178 181 185-187 189-190 196 198 228 232-233' },
  23: { codes: '1 135 137-141 143 147 149-152 155 157-158 165-166 168 174-175 180 182-183 188 191 197 231 239' },
  24: { codes: '9 142 144-145 148 159 171 206 215 225 236-237' },
  25: { codes: '199 207 234-235' },
  26: { codes: '192-193 200-202 205 210 213 218-219 238 240 242-243 255' },
  27: { codes: '203-204 211-212 214 221-223 241 244-248 250-254' },
  28: { codes: '2-8 11-12 14-21 23-31 127 220 249' },
  30: { codes: '10 13 22 256' },
};
const END = 256;

/** What one step does: the state that follows, and the symbol that has come to its end, if any. */
const NEXT = 0x1ff;
const EMITS = 0x200;
const SYMBOL_SHIFT = 10;
const FAILS = -1;

/** Steps by state and four bits: no code is shorter than five, so a step ends one symbol at most. */
const steps = new Int32Array(256 * 16).fill(FAILS);
/** Whether a string may end in the state: padding is less than eight ones (RFC 7541, 5.2). */
const mayEnd = new Uint8Array(256);
build();

/** Puts the symbols of a string into `out`, in place of what it held. Whether it was a string of this code. */
export function decodeHuffman(bytes: Uint8Array, { from, to }: { readonly from: number; readonly to: number }, out: number[]): boolean {
  let state = 0;
  out.length = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    let step = steps[(state << 4) | (byte >> 4)]!;
    if (step === FAILS) return false;
    if (step & EMITS) out.push(step >> SYMBOL_SHIFT);
    state = step & NEXT;
    step = steps[(state << 4) | (byte & 15)]!;
    if (step === FAILS) return false;
    if (step & EMITS) out.push(step >> SYMBOL_SHIFT);
    state = step & NEXT;
  }
  return mayEnd[state] === 1;
}

/** Symbols in the order of their codes, with the lengths. */
function* inOrder(): Generator<{ readonly symbol: number; readonly length: number }> {
  for (const [length, { text = '', codes = '' }] of Object.entries(BY_LENGTH)) {
    const symbols = [...text].map((char) => char.charCodeAt(0));
    for (const range of codes.split(' ').filter((one) => one !== '')) {
      const [first, last] = range.split('-').map(Number);
      for (let symbol = first!; symbol <= (last ?? first!); symbol++) symbols.push(symbol);
    }
    for (const symbol of symbols.toSorted((a, b) => a - b)) yield { symbol, length: Number(length) };
  }
}

/** Inner nodes of the tree are the states; a leaf is told apart by its sign. */
function build(): void {
  const tree: [number, number][] = [[0, 0]];
  let code = 0;
  let before = 0;
  for (const { symbol, length } of inOrder()) {
    code <<= length - before;
    before = length;
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const side = (code >> bit) & 1;
      if (tree[node]![side] === 0) tree[node]![side] = tree.push([0, 0]) - 1;
      node = tree[node]![side]!;
    }
    tree[node]![code & 1] = -1 - symbol;
    code++;
  }
  for (let state = 0; state < tree.length; state++) {
    for (let nibble = 0; nibble < 16; nibble++) steps[(state << 4) | nibble] = stepFrom(tree, state, nibble);
  }
  for (let depth = 0, node = 0; depth < 8; depth++, node = tree[node]![1]) mayEnd[node] = 1;
}

function stepFrom(tree: readonly (readonly [number, number])[], state: number, nibble: number): number {
  let node = state;
  let emitted = -1;
  for (let bit = 3; bit >= 0; bit--) {
    node = tree[node]![(nibble >> bit) & 1]!;
    if (node >= 0) continue;
    emitted = -1 - node;
    if (emitted === END) return FAILS;
    node = 0;
  }
  return emitted < 0 ? node : node | EMITS | (emitted << SYMBOL_SHIFT);
}
