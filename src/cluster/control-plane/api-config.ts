/** The API server's configuration documents: taken over by `up`, read when the control plane starts. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../../base/message-of.ts';
import { type ApiServerConfig, choosePlugins, readApiConfiguration, readStaticTokens, type ApiConfiguration } from '../../apiserver/index.ts';
import { Refusal, type UpRequest } from '../../cli/index.ts';
import { readText, writeWhole } from '../files.ts';
import type { Layout } from '../layout.ts';

/**
 * Keeps a copy of what `--api-config` names: a cluster that comes up again has it still. Files that it names in turn stay where they are.
 * @throws Refusal in upstream's words
 */
export async function takeApiConfig({ apiConfig, tokenAuthFile, admission }: Pick<UpRequest, 'apiConfig' | 'tokenAuthFile' | 'admission'>, layout: Layout): Promise<void> {
  try {
    choosePlugins(admission);
  } catch (error) {
    throw new Refusal(messageOf(error), 'their names: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/');
  }
  if (tokenAuthFile !== undefined) await takeTokens(tokenAuthFile, layout);
  if (apiConfig === undefined) return;
  try {
    const text = await readFile(apiConfig, 'utf8');
    await readFrom(text, dirname(apiConfig));
    // Where the names within it lead from.
    await writeWhole(layout.apiConfig, `# ${DIRECTORY}${dirname(apiConfig)}\n${text}`, 0o600);
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

/** Who shows which token that never changes. */
export async function readTakenTokens(layout: Layout): Promise<Pick<ApiServerConfig, 'staticTokens'>> {
  const text = await readText(layout.tokenFile);
  return text === undefined ? {} : { staticTokens: readStaticTokens(text) };
}

const DIRECTORY = 'paths are relative to: ';

/** What `up` took; nothing where it never was given any. @throws Error where it, or a file that it names, cannot be read any more */
export async function readTakenApiConfig(layout: Layout): Promise<ApiConfiguration> {
  const text = await readText(layout.apiConfig);
  return text === undefined ? {} : readFrom(text, new RegExp(`^# ${DIRECTORY}(.*)$`, 'm').exec(text)?.[1] ?? layout.dataDir);
}

const readFrom = (text: string, directory: string): Promise<ApiConfiguration> => readApiConfiguration(text, { readText: (path) => readFile(resolve(directory, path), 'utf8') });
