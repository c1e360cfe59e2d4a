import type { AdmissionConfig } from '../config.ts';
import { ADMISSION, pluginConfigs } from './admission.ts';
import { type AuditPolicy, readAuditPolicy } from './audit-policy.ts';
import { type AuthenticationConfig, readAuthentication } from './authentication.ts';
import { type AuthorizerConfig, readAuthorization } from './authorization.ts';
import { decode, readDocuments, type Document } from './document.ts';
import { readEncryption } from './encryption.ts';
import type { EncryptionRule } from '../encryption/index.ts';

/** What the API server's configuration documents say, ready for its config. */
export interface ApiConfiguration {
  readonly admission?: Pick<AdmissionConfig, 'plugins'>;
  readonly authentication?: AuthenticationConfig;
  readonly authorizers?: readonly AuthorizerConfig[];
  readonly auditPolicy?: AuditPolicy;
  readonly encryptionRules?: readonly EncryptionRule[];
}

export interface ConfigurationFiles {
  /** The text of another file that a document names. */
  readText(path: string): Promise<string>;
}

type Reader = (document: Document, files: ConfigurationFiles) => Promise<ApiConfiguration>;

const READERS: ReadonlyMap<string, Reader> = new Map(Object.entries<Reader>({
  AdmissionConfiguration: async (document, files) => ({
    admission: { plugins: await pluginConfigs(decode(ADMISSION, document), async (path) => rawOf(await files.readText(path))) },
  }),
  Policy: async (document) => ({ auditPolicy: readAuditPolicy(document) }),
  AuthenticationConfiguration: async (document) => ({ authentication: readAuthentication(document) }),
  AuthorizationConfiguration: async (document, files) => ({ authorizers: await readAuthorization(document, (path) => files.readText(path)) }),
  EncryptionConfiguration: async (document) => ({ encryptionRules: readEncryption(document) }),
}));

/** A plugin's own file holds one document, which says of what kind it is among its fields. */
const rawOf = (text: string): unknown => {
  const [first] = readDocuments(text);
  return first && { apiVersion: first.apiVersion, kind: first.kind, ...first.fields };
};

/**
 * Reads documents as kube-apiserver's flags take them, each in a file; here one file holds them all, with `---` between.
 * @throws Error in upstream's words
 */
export async function readApiConfiguration(text: string, files: ConfigurationFiles): Promise<ApiConfiguration> {
  let configuration: ApiConfiguration = {};
  const seen = new Set<string>();
  for (const document of readDocuments(text)) {
    const reader = READERS.get(document.kind);
    if (!reader) throw new Error(`no kind ${JSON.stringify(document.kind)} is registered for version ${JSON.stringify(document.apiVersion)}`);
    if (seen.has(document.kind)) throw new Error(`there are two documents of kind ${document.kind}`);
    seen.add(document.kind);
    configuration = { ...configuration, ...(await reader(document, files)) };
  }
  return configuration;
}
