/** Configuration documents: what kube-apiserver reads from files that its flags name, decoded strictly. */
import { isRecord } from '../../meta/own.ts';
import { readYaml } from '../../meta/yaml.ts';
import { canonicalize } from '../../schema/decode.ts';
import { fillDefaults } from '../../schema/defaults.ts';
import type { SchemaNode } from '../../schema/node.ts';

export interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The documents of a file, one after the other. @throws Error in upstream's words */
export function readDocuments(text: string): readonly Document[] {
  return text.split(/^---.*$/m).filter((part) => /^[^#\s]/m.test(part)).map((part) => {
    const { value, duplicates } = readYaml(part);
    if (duplicates.length > 0) throw new Error(`strict decoding error: ${duplicates.join(', ')}`);
    return documentOf(value);
  });
}

/** @throws Error where it does not say what it is */
export function documentOf(value: unknown): Document {
  if (!isRecord(value)) throw new Error('couldn\'t get version/kind; json parse error: the document is no object');
  const { apiVersion, kind, ...fields } = value;
  if (typeof kind !== 'string' || kind === '') throw new Error(`Object 'Kind' is missing in '${JSON.stringify(value)}'`);
  if (typeof apiVersion !== 'string' || apiVersion === '') throw new Error(`Object 'apiVersion' is missing in '${JSON.stringify(value)}'`);
  return { apiVersion, kind, fields };
}

/** What a kind of document is called, in every version it is known in, and what it may say. */
export interface DocumentKind<T> {
  readonly kind: string;
  readonly apiVersions: readonly string[];
  readonly schema: { readonly node: SchemaNode };
  /** Never there: it carries the type of what is decoded. */
  readonly decoded?: T;
}

/** Its fields, defaults filled in. @throws Error where it is another kind, or says what is not known */
export function decode<T>({ kind, apiVersions, schema }: DocumentKind<T>, document: Document): T {
  if (document.kind !== kind || !apiVersions.includes(document.apiVersion)) throw new Error(`no kind ${JSON.stringify(document.kind)} is registered for version ${JSON.stringify(document.apiVersion)}`);
  const { value, problems } = canonicalize<Readonly<Record<string, unknown>>>(schema.node, document.fields, (why) => new Error(why));
  if (problems.length > 0) throw new Error(`strict decoding error: ${problems.join(', ')}`);
  return fillDefaults(schema.node, value) as T;
}
