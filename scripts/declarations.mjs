// Writes dist/types/: what users' compilers and editors read of `knarr/client`, `knarr/operator` and `knarr/testing`. The
// kinds' types are inferred from their schemas, which costs a compiler seconds; published, they are plain interfaces with
// our descriptions, made from the same schemas. Run before packing; needs dist/ built.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUT = join(ROOT, 'dist', 'types');
const ENTRIES = ['kit/index.d.ts', 'kit/client/index.d.ts', 'kit/operator/index.d.ts', 'kit/testing/index.d.ts'].map((file) => join(OUT, file));

/** What the compiler infers, file by file. */
function emit() {
  const dir = mkdtempSync(join(tmpdir(), 'knarr-types-'));
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: join(ROOT, 'src'), outDir: OUT,
      types: ['node'], typeRoots: [join(ROOT, 'node_modules', '@types')],
    },
    include: [join(ROOT, 'src', 'kit', '**', 'index.ts')],
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', dir], { encoding: 'utf8' });
  rmSync(dir, { recursive: true });
  if (status !== 0) throw new Error(`the compiler failed:\n${stdout}`);
}

/** Every kind's file and the rooms' list of them, as interfaces in one file. */
function writeKinds(kinds) {
  // Names that the entries give to other things; a part of a kind that goes by one of them has a longer one.
  const others = filesBelow(OUT).filter((file) => !file.startsWith(join(OUT, 'kinds'))).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^export (?:declare )?(?:interface|type|class|const|function) (\w+)/gm)].map(([, name]) => name));
  const interfaces = new Interfaces(others);
  const index = readFileSync(join(ROOT, 'src', 'kinds', 'index.ts'), 'utf8');
  const exported = [...index.matchAll(/^export \{ (\w+) \} from '\.\/(.+)\.ts';$/gm)].map(([, name, file]) => ({ name, file }));
  const byIdentity = new Map(kinds.map((kind) => [`${kind.group}/${kind.version}/${kind.kind}`, kind]));
  const known = new Set(kinds);
  for (const kind of kinds) interfaces.reserve(exportName(kind), kind);
  const declarations = [];
  for (const { name, file } of exported) {
    const kind = [...known].find((one) => exportName(one) === name);
    if (!kind) throw new Error(`no kind goes by the name ${name}`);
    byIdentity.delete(`${kind.group}/${kind.version}/${kind.kind}`);
    declarations.push(interfaces.kind(name, kind));
    write(`kinds/${file}.d.ts`, `export { ${name} } from '${relativeTo(`kinds/${file}.d.ts`, 'kinds/index.js')}';\n`);
  }
  if (byIdentity.size > 0) throw new Error(`kinds without a declaration: ${[...byIdentity.keys()].join(', ')}`);
  write('kinds/index.d.ts', [
    "import type { KubeObject, ObjectMeta } from '../meta/object.js';", "import type { Kind } from '../schema/kind.js';", '',
    ...declarations, ...interfaces.rest(), 'export declare const builtinKinds: readonly Kind[];', '',
  ].join('\n'));
}

/** Two groups have an Event and two versions an autoscaler; the younger event and the older autoscaler say so. */
function exportName({ group, version, kind }) {
  if (kind === 'Event' && group === 'events.k8s.io') return 'EventsV1Event';
  return kind === 'HorizontalPodAutoscaler' && version === 'v1' ? 'HorizontalPodAutoscalerV1' : kind;
}

class Interfaces {
  /** Interfaces by the OpenAPI name of what they are; those of kinds are written by `kind`. */
  #named = new Map();
  #kinds = new Map();
  #taken;

  constructor(others) {
    this.#taken = new Map(others.map((name) => [name, '']));
  }

  reserve(name, kind) {
    this.#kinds.set(kind.schema.name, name);
    this.#taken.set(name, kind.schema.name);
  }

  kind(name, kind) {
    const fields = Object.entries(kind.schema.fields).filter(([field]) => !['apiVersion', 'kind', 'metadata'].includes(field));
    const body = fields.map(([field, node]) => this.#field(field, node)).join('');
    return `${comment(kind.description, '')}export interface ${name} extends KubeObject {\n${body}}\nexport declare const ${name}: Kind<${name}>;\n`;
  }

  *rest() {
    // Interfaces name others; a map's iterator also visits what is added meanwhile.
    for (const [name, node] of this.#named.values()) {
      const fields = Object.entries(node.fields).map(([field, child]) => this.#field(field, child)).join('');
      yield `export interface ${name} {\n${fields}${node.preserveUnknown ? '  readonly [field: string]: unknown;\n' : ''}}\n`;
    }
  }

  #field(name, node) {
    const present = node.required || node.always || node.default !== undefined;
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return `${comment(node.description, '  ')}  readonly ${key}${present ? '' : '?'}: ${this.#type(node)}${node.nullable ? ' | null' : ''};\n`;
  }

  #type(node) {
    switch (node.type) {
      case 'lazy': return this.#type(node.resolve());
      case 'object': return node.name === 'apimachinery.pkg.apis.meta.v1.ObjectMeta' ? 'ObjectMeta' : this.#reference(node);
      case 'map': return `{ readonly [key: string]: ${this.#type(node.values)} }`;
      case 'list': return `readonly (${this.#type(node.items)})[]`;
      case 'int32': case 'int64': case 'double': return 'number';
      case 'boolean': return 'boolean';
      case 'intOrString': return 'number | string';
      case 'any': return 'unknown';
      // Known values for the editor, and any other for those who hold a string.
      default: return node.enum ? `${node.enum.map((value) => JSON.stringify(value)).join(' | ')} | (string & {})` : 'string';
    }
  }

  /** The last word of its OpenAPI name; with more of it where another has that word already. */
  #reference(node) {
    if (!node.name) return `{ ${Object.entries(node.fields).map(([field, child]) => this.#field(field, child).trim()).join(' ')} }`;
    const known = this.#kinds.get(node.name) ?? this.#named.get(node.name)?.[0];
    if (known) return known;
    const words = node.name.split('.');
    const name = [words.at(-1), `${words.at(-1)}Of${capital(words.at(-3) ?? '')}${capital(words.at(-2) ?? '')}`].find((one) => (this.#taken.get(one) ?? node.name) === node.name);
    this.#taken.set(name, node.name);
    this.#named.set(node.name, [name, node]);
    return name;
  }
}

const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1).replace(/\W/g, '');
const comment = (text, indent) => (text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '* /')} */\n`);

function write(file, text) {
  mkdirSync(dirname(join(OUT, file)), { recursive: true });
  writeFileSync(join(OUT, file), text);
}

function relativeTo(from, to) {
  const path = relative(dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}

/** Only what an entry leads to is published, and it names files as they will be found. */
function keepReachable() {
  const seen = new Set();
  const waiting = [...ENTRIES];
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(file, 'utf8').replace(/((?:from|import)\s*\(?\s*['"])(\.[^'"]*)\.ts(['"])/g, '$1$2.js$3');
    for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]*)\.js['"]/g)) waiting.push(resolve(dirname(file), `${target}.d.ts`));
    writeFileSync(file, text);
  }
  for (const file of filesBelow(OUT)) if (!seen.has(file)) rmSync(file);
  for (const file of seen) if (!existsSync(file)) throw new Error(`${file} is named and not there`);
}

function filesBelow(dir) {
  return readdirSync(dir).map((name) => join(dir, name)).flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]));
}

rmSync(OUT, { recursive: true, force: true });
emit();
const { builtinKinds } = await import(pathToFileURL(join(ROOT, 'dist', 'client.js')).href);
writeKinds(builtinKinds);
keepReachable();
