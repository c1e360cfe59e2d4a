import { INT, UINT, DOUBLE, STRING, BYTES, BOOL, NULL } from './types.ts';
import { childrenOf, type MapEntry, type Node, qualifiedName, type StructField } from './ast.ts';
import { type Token, tokenize } from './lexer.ts';
import { expandMacro } from './macros.ts';
import type { Problem } from './source.ts';
import { OPERAND, SyntaxProblem } from './syntax-error.ts';
import { Double, Uint } from './values.ts';

/** As deep as expressions may be nested, and as long as they may be: cel-go's limits. */
const DEEPEST = 250;
const MOST_CHARACTERS = 100_000;

const RESERVED = new Set([
  'as', 'break', 'const', 'continue', 'else', 'false', 'for', 'function', 'if', 'import', 'in', 'let', 'loop', 'package', 'namespace', 'null', 'return', 'true',
  'var', 'void', 'while',
]);
const RELATIONS = new Set(['<', '<=', '>=', '>', '==', '!=', 'in']);
const PRODUCTS = new Set(['*', '/', '%']);
const SUMS = new Set(['+', '-']);

export type Parsed = { readonly ok: true; readonly root: Node } | { readonly ok: false; readonly problems: readonly Problem[] };

export function parse(text: string): Parsed {
  const size = text.length > MOST_CHARACTERS ? [...text].length : text.length;
  if (size > MOST_CHARACTERS) return { ok: false, problems: [{ at: 0, message: `expression code point size exceeds limit: size: ${size}, limit ${MOST_CHARACTERS}` }] };
  const problems: Problem[] = [];
  const parser = new Parser(tokenize(text, problems), problems);
  try {
    const root = parser.whole();
    return problems.length === 0 ? { ok: true, root } : { ok: false, problems };
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    return { ok: false, problems: [...problems, { at: error.at, message: error.message }] };
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #problems: Problem[];
  readonly #heights = new Map<Node, number>();
  #position = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], problems: Problem[]) {
    this.#tokens = tokens;
    this.#problems = problems;
  }

  whole(): Node {
    const root = this.#expression();
    if (this.#now.kind !== 'end') {
      const extra = this.#tokens[this.#position + 1]?.kind === 'end' ? 'extraneous' : 'mismatched';
      throw this.#syntax(`${extra} input '${this.#now.text}' expecting <EOF>`);
    }
    return root;
  }

  get #now(): Token {
    return this.#tokens[this.#position]!;
  }

  #is(text: string): boolean {
    return this.#now.kind === 'symbol' && this.#now.text === text;
  }

  #take(): Token {
    const token = this.#now;
    if (token.kind !== 'end') this.#position++;
    return token;
  }

  #accept(text: string): Token | undefined {
    return this.#is(text) ? this.#take() : undefined;
  }

  #expect(text: string): Token {
    const found = this.#accept(text);
    if (found) return found;
    const { kind, text: instead } = this.#now;
    const next = this.#tokens[this.#position + 1];
    if (next?.kind === 'symbol' && next.text === text) throw this.#syntax(`extraneous input '${instead}' expecting '${text}'`);
    throw this.#syntax(kind === 'end' || kind === 'symbol' ? `missing '${text}' at '${instead}'` : `mismatched input '${instead}' expecting '${text}'`);
  }

  #syntax(message: string): SyntaxProblem {
    return new SyntaxProblem(this.#now.at, `Syntax error: ${message}`);
  }

  /** Keeps the tree as low as the recursions over it can bear. */
  #made<N extends Node>(node: N): N {
    let height = 0;
    for (const child of childrenOf(node)) height = Math.max(height, this.#heights.get(child) ?? 0);
    if (height >= DEEPEST) throw new SyntaxProblem(0, `expression recursion limit exceeded: ${DEEPEST}`);
    this.#heights.set(node, height + 1);
    return node;
  }

  #call(at: number, name: string, ...args: readonly Node[]): Node {
    return this.#made({ kind: 'call', at, name, target: undefined, args });
  }

  #expression(): Node {
    if (++this.#depth > DEEPEST) throw new SyntaxProblem(0, `expression recursion limit exceeded: ${DEEPEST}`);
    const condition = this.#logic('||', '_||_', () => this.#logic('&&', '_&&_', () => this.#chain(RELATIONS, () => this.#sum())));
    const question = this.#accept('?');
    if (!question) {
      this.#depth--;
      return condition;
    }
    const yes = this.#logic('||', '_||_', () => this.#logic('&&', '_&&_', () => this.#chain(RELATIONS, () => this.#sum())));
    this.#expect(':');
    const no = this.#expression();
    this.#depth--;
    return this.#call(question.at, '_?_:_', condition, yes, no);
  }

  #sum(): Node {
    return this.#chain(SUMS, () => this.#chain(PRODUCTS, () => this.#unary()));
  }

  /** Operators of one rank, from the left. */
  #chain(operators: ReadonlySet<string>, operand: () => Node): Node {
    let left = operand();
    while (this.#now.kind === 'symbol' && operators.has(this.#now.text)) {
      const { at, text } = this.#take();
      left = this.#call(at, text === 'in' ? '@in' : `_${text}_`, left, operand());
    }
    return left;
  }

  /** A chain of `&&` or `||`: as both go either way, the tree is kept low. */
  #logic(operator: string, name: string, operand: () => Node): Node {
    const terms = [operand()];
    const places: number[] = [];
    for (let token = this.#accept(operator); token; token = this.#accept(operator)) {
      places.push(token.at);
      terms.push(operand());
    }
    const balanced = (from: number, to: number): Node => {
      if (from === to) return terms[from]!;
      const middle = Math.floor((from + to - 1) / 2);
      return this.#call(places[middle]!, name, balanced(from, middle), balanced(middle + 1, to));
    };
    return balanced(0, terms.length - 1);
  }

  #unary(): Node {
    const not = this.#now;
    let count = 0;
    while (this.#accept('!')) count++;
    if (count > 0) {
      const operand = this.#member();
      return count % 2 === 0 ? operand : this.#call(not.at, '!_', operand);
    }
    const minus = this.#now;
    while (this.#is('-') && !this.#signsNumber()) {
      this.#take();
      count++;
    }
    const operand = this.#member();
    return count % 2 === 0 ? operand : this.#call(minus.at, '-_', operand);
  }

  #signsNumber(): boolean {
    const next = this.#tokens[this.#position + 1]!;
    return next.kind === 'int' || next.kind === 'float';
  }

  #member(): Node {
    let node = this.#primary();
    for (;;) {
      const bracket = this.#accept('[');
      const dot = bracket ? undefined : this.#accept('.');
      if (bracket) {
        const optional = this.#accept('?') !== undefined;
        const index = this.#expression();
        this.#expect(']');
        node = this.#call(bracket.at, optional ? '_[?_]' : '_[_]', node, index);
      } else if (dot) node = this.#selection(node, dot.at);
      else if (this.#is('{') && qualifiedName(node) !== undefined) node = this.#struct(qualifiedName(node)!);
      else return node;
    }
  }

  #selection(of: Node, at: number): Node {
    const optional = this.#accept('?') !== undefined;
    const name = this.#now;
    if (name.kind !== 'ident' && !(name.kind === 'symbol' && name.text === 'in')) throw this.#syntax(`no viable alternative at input '.${name.text === '<EOF>' ? '' : name.text}'`);
    this.#take();
    const open = optional ? undefined : this.#accept('(');
    if (!open) return this.#made({ kind: 'select', at, of, field: name.text, test: false, optional });
    return this.#calling(open.at, name.text, of);
  }

  #calling(at: number, name: string, target: Node | undefined): Node {
    const args = this.#list(')', () => this.#expression());
    const macro = expandMacro({ at, name, target, args }, (problem) => this.#problems.push(problem));
    return this.#made(macro ?? { kind: 'call', at, name, target, args });
  }

  /** What is listed up to the closing bracket. */
  #list<T>(closing: string, one: () => T): readonly T[] {
    const items: T[] = [];
    while (!this.#accept(closing)) {
      items.push(one());
      if (this.#accept(',')) {
        // A comma may stand behind the last, but not in a call.
        if (closing === ')' && this.#is(')')) throw this.#operandMissing();
        continue;
      }
      this.#expect(closing);
      break;
    }
    return items;
  }

  #operandMissing(): SyntaxProblem {
    const { kind, text } = this.#now;
    const next = this.#tokens[this.#position + 1];
    const stray = kind !== 'end' && next !== undefined && (next.kind !== 'symbol' ? next.kind !== 'end' : /^[[{(.!-]$/.test(next.text));
    return this.#syntax(`${stray ? 'extraneous' : 'mismatched'} input '${text}' expecting ${OPERAND}`);
  }

  #primary(): Node {
    const token = this.#now;
    if (token.kind === 'ident') return this.#named(token);
    if (token.kind !== 'symbol' && token.kind !== 'end') return this.#literal('');
    switch (token.text) {
      case '(': {
        this.#take();
        const inner = this.#expression();
        this.#expect(')');
        return inner;
      }
      case '[':
        return this.#listLiteral();
      case '{':
        return this.#mapLiteral();
      case '-':
        if (!this.#signsNumber()) throw this.#operandMissing();
        this.#take();
        return this.#literal('-');
      case '.':
        this.#take();
        if (this.#now.kind === 'ident') return this.#named(this.#now);
        throw this.#syntax(`no viable alternative at input '.${this.#now.text}'`);
      default:
        throw this.#operandMissing();
    }
  }

  #named(token: Token): Node {
    this.#take();
    const { at, text } = token;
    if (text === 'true' || text === 'false') return this.#made({ kind: 'literal', at, value: text === 'true', type: BOOL });
    if (text === 'null') return this.#made({ kind: 'literal', at, value: null, type: NULL });
    if (RESERVED.has(text)) this.#problems.push({ at, message: `reserved identifier: ${text}` });
    const open = this.#accept('(');
    return open ? this.#calling(open.at, text, undefined) : this.#made({ kind: 'ident', at, name: text });
  }

  #literal(sign: '' | '-'): Node {
    const { kind, text, at, value } = this.#take();
    const place = sign === '' ? at : at - 1;
    const made = (literal: unknown, type: typeof INT) => this.#made({ kind: 'literal' as const, at: place, value: literal, type });
    if (kind === 'string') return made(value, STRING);
    if (kind === 'bytes') return made(value, BYTES);
    if (kind === 'float') {
      const number = Number(sign + text);
      if (!Number.isFinite(number)) this.#problems.push({ at, message: 'invalid double literal' });
      return made(new Double(number), DOUBLE);
    }
    const magnitude = BigInt(text.replace(/[uU]$/, ''));
    if (kind === 'uint') {
      if (magnitude >= 2n ** 64n) this.#problems.push({ at, message: 'invalid uint literal' });
      return made(new Uint(magnitude), UINT);
    }
    const signed = sign === '' ? magnitude : -magnitude;
    if (BigInt.asIntN(64, signed) !== signed) this.#problems.push({ at, message: 'invalid int literal' });
    const small = Number(signed);
    return made(Number.isSafeInteger(small) ? small : signed, INT);
  }

  #listLiteral(): Node {
    const { at } = this.#take();
    const items = this.#list(']', () => ({ optional: this.#accept('?') !== undefined, value: this.#expression() }));
    return this.#made({ kind: 'list', at, items });
  }

  #mapLiteral(): Node {
    const { at } = this.#take();
    const entries = this.#list('}', (): MapEntry => {
      const optional = this.#accept('?') !== undefined;
      const key = this.#expression();
      const colon = this.#expect(':');
      return { at: colon.at, key, value: this.#expression(), optional };
    });
    return this.#made({ kind: 'map', at, entries });
  }

  #struct(name: string): Node {
    const { at } = this.#take();
    const fields = this.#list('}', (): StructField => {
      const optional = this.#accept('?') !== undefined;
      if (this.#now.kind !== 'ident') throw this.#syntax(`mismatched input '${this.#now.text}' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}`);
      const field = this.#take();
      const colon = this.#expect(':');
      return { at: colon.at, name: field.text, value: this.#expression(), optional };
    });
    return this.#made({ kind: 'struct', at, name, fields });
  }
}
