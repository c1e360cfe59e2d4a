import { quote } from './field-error.ts';

/** What is wrong with a text that JSON.parse refuses, as Go's encoding/json says it: the first character that cannot be there. */
export function jsonProblem(text: string): string {
  const reader = new Reader(text);
  const problem = readDocument(reader);
  return problem ?? END;
}

const END = 'unexpected end of JSON input';
const SPACE = /[ \t\r\n]*/y;
const encoder = new TextEncoder();

class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The next character but for white space; '' at the end. */
  peek(): string {
    SPACE.lastIndex = this.at;
    SPACE.exec(this.text);
    this.at = SPACE.lastIndex;
    return this.here();
  }

  here(): string {
    return this.text.charAt(this.at);
  }

  wrong(context: string): string {
    const point = this.text.codePointAt(this.at);
    if (point === undefined) return END;
    // Go reads bytes, and shows the first one.
    const char = String.fromCharCode(encoder.encode(String.fromCodePoint(point))[0]!);
    const shown = char === '\'' ? '\\\'' : char === '"' ? '"' : quote(char).slice(1, -1);
    return `invalid character '${shown}' ${context}`;
  }
}

/** Walks with a stack of its own: depth is no problem here. Returns undefined at an early end. */
function readDocument(reader: Reader): string | undefined {
  const open: ('{' | '[')[] = [];
  let wantsValue = true;
  for (;;) {
    if (wantsValue) {
      const start = reader.peek();
      const problem = start === '{' || start === '[' ? undefined : readScalar(reader);
      if (problem !== undefined) return problem;
      if (start !== '{' && start !== '[') wantsValue = false;
      else {
        reader.at++;
        const isEmpty = reader.peek() === (start === '{' ? '}' : ']');
        if (isEmpty) reader.at++;
        else {
          open.push(start);
          const wrong = start === '{' ? readKey(reader) : undefined;
          if (wrong !== undefined) return wrong;
        }
        wantsValue = !isEmpty;
      }
      continue;
    }
    const within = open.at(-1);
    const next = reader.peek();
    if (within === undefined) return reader.wrong('after top-level value');
    if (next === ',') {
      reader.at++;
      const wrong = within === '{' ? readKey(reader) : undefined;
      if (wrong !== undefined) return wrong;
      wantsValue = true;
    } else if (next === (within === '{' ? '}' : ']')) {
      reader.at++;
      open.pop();
    } else return reader.wrong(within === '{' ? 'after object key:value pair' : 'after array element');
  }
}

function readKey(reader: Reader): string | undefined {
  if (reader.peek() !== '"') return reader.wrong('looking for beginning of object key string');
  const problem = readString(reader);
  if (problem !== undefined) return problem;
  if (reader.peek() !== ':') return reader.wrong('after object key');
  reader.at++;
  return undefined;
}

function readScalar(reader: Reader): string | undefined {
  const start = reader.here();
  if (start === '"') return readString(reader);
  if (start === '-' || (start >= '0' && start <= '9')) return readNumber(reader);
  const word = ['true', 'false', 'null'].find((one) => one[0] === start);
  if (start === '' || !word) return reader.wrong('looking for beginning of value');
  for (const letter of word) {
    if (reader.here() !== letter) return reader.wrong(`in literal ${word} (expecting '${letter}')`);
    reader.at++;
  }
  return undefined;
}

function readString(reader: Reader): string | undefined {
  for (reader.at++; reader.here() !== '"'; reader.at++) {
    const char = reader.here();
    if (char < ' ') return reader.wrong('in string literal');
    if (char !== '\\') continue;
    reader.at++;
    if (!'"\\/bfnrtu'.includes(reader.here()) || reader.here() === '') return reader.wrong('in string escape code');
    if (reader.here() !== 'u') continue;
    for (let digit = 0; digit < 4; digit++) {
      reader.at++;
      if (!/[0-9a-fA-F]/.test(reader.here())) return reader.wrong('in \\u hexadecimal character escape');
    }
  }
  reader.at++;
  return undefined;
}

function readNumber(reader: Reader): string | undefined {
  const isDigit = () => reader.here() >= '0' && reader.here() <= '9';
  const skip = () => { while (isDigit()) reader.at++; };
  if (reader.here() === '-') reader.at++;
  if (!isDigit()) return reader.wrong('in numeric literal');
  if (reader.here() === '0') reader.at++;
  else skip();
  if (reader.here() === '.') {
    reader.at++;
    if (!isDigit()) return reader.wrong('after decimal point in numeric literal');
    skip();
  }
  if (reader.here() === 'e' || reader.here() === 'E') {
    reader.at++;
    if (reader.here() === '+' || reader.here() === '-') reader.at++;
    if (!isDigit()) return reader.wrong('in exponent of numeric literal');
    skip();
  }
  return undefined;
}
