/** The API server's configuration documents: taken over by `up`, read when the control plane starts. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../../base/message-of.ts';
import { type ApiServerConfig, choosePlugins, readApiConfiguration, readRemoteService, readStaticTokens, type ApiConfiguration } from '../../apiserver/index.ts';
import { Refusal, type UpRequest } from '../../cli/index.ts';
import { readText, writeWhole } from '../files.ts';
import type { Layout } from '../layout.ts';

/**
 * Keeps a copy of what `--api-config` names: a cluster that comes up again has it still. Files that it names in turn stay where they are.
 * @throws Refusal in upstream's words
 */
export async function takeApiConfig({ apiConfig, tokenAuthFile, tokenWebhookFile, admission }: Pick<UpRequest, 'apiConfig' | 'tokenAuthFile' | 'tokenWebhookFile' | 'admission'>, layout: Layout): Promise<void> {
  try {
    choosePlugins(admission);
  } catch (error) {
    throw new Refusal(messageOf(error), 'their names: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/');
  }
  if (tokenAuthFile !== undefined) await takeTokens(tokenAuthFile, layout);
  if (tokenWebhookFile !== undefined) await takeTokenWebhook(tokenWebhookFile, layout);
  if (apiConfig === undefined) return;
  try {
    const text = await readFile(apiConfig, 'utf8');
    await readFrom(text, dirname(apiConfig));
    await writeWhole(layout.apiConfig, withDirectory(text, apiConfig), 0o600);
  } catch (error) {
    throw new Refusal(`failed to read the API server's configuration ${apiConfig}: ${messageOf(error)}`, 'its documents: https://kubernetes.io/docs/reference/config-api/');
  }
}

async function takeTokens(file: string, layout: Layout): Promise<void> {
  try {
    const text = await readFile(file, 'utf8');
    readStaticTokens(text);
    await writeWhole(layout.tokenFile, text, 0o600);
  } catch (error) {
    throw new Refusal(`failed to read the tokens in ${file}: ${messageOf(error)}`, 'its lines: token,user,uid,"group1,group2"');
  }
}

async function takeTokenWebhook(file: string, layout: Layout): Promise<void> {
  try {
    const text = await readFile(file, 'utf8');
    await readWebhookFrom(text, dirname(file));
    await writeWhole(layout.tokenWebhook, withDirectory(text, file), 0o600);
  } catch (error) {
    throw new Refusal(`failed to read the kubeconfig of the token webhook ${file}: ${messageOf(error)}`, 'its form: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication');
  }
}

/** Who shows which token that never changes, and who is asked about all others. */
export async function readTakenTokens(layout: Layout): Promise<Pick<ApiServerConfig, 'staticTokens' | 'tokenWebhook'>> {
  const [text, webhook] = await Promise.all([readText(layout.tokenFile), readText(layout.tokenWebhook)]);
  return {
    ...(text === undefined ? {} : { staticTokens: readStaticTokens(text) }),
    ...(webhook === undefined ? {} : { tokenWebhook: await readWebhookFrom(webhook, directoryIn(webhook, layout)) }),
  };
}

const DIRECTORY = 'paths are relative to: ';
/** Where the names within it lead from. */
const withDirectory = (text: string, file: string): string => `# ${DIRECTORY}${dirname(file)}\n${text}`;
const directoryIn = (text: string, layout: Layout): string => new RegExp(`^# ${DIRECTORY}(.*)$`, 'm').exec(text)?.[1] ?? layout.dataDir;

/** What `up` took; nothing where it never was given any. @throws Error where it, or a file that it names, cannot be read any more */
export async function readTakenApiConfig(layout: Layout): Promise<ApiConfiguration> {
  const text = await readText(layout.apiConfig);
  return text === undefined ? {} : readFrom(text, directoryIn(text, layout));
}

const reader = (directory: string) => (path: string): Promise<string> => readFile(resolve(directory, path), 'utf8');
const readFrom = (text: string, directory: string): Promise<ApiConfiguration> => readApiConfiguration(text, { readText: reader(directory) });
const readWebhookFrom = (text: string, directory: string) => readRemoteService(text, reader(directory));
