/** What decides who may use which image, as the node is configured. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Client } from '../../client/index.ts';
import { ServiceAccount } from '../../kinds/core/service-account.ts';
import type { ImagePullOptions } from '../options.ts';
import type { Tokens } from '../volumes/tokens.ts';
import type { ImageManagerOptions } from './image-manager.ts';
import { readCredentialProviders } from './provider-config.ts';
import { CredentialProviders } from './providers.ts';
import { openPullRecords } from './pull-records.ts';

export interface ImageAccessOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly rootDir: string;
  readonly tokens: Tokens;
  readonly imagePulls?: ImagePullOptions;
}

/** Of a token for a credential provider: the least that the API grants. */
const TOKEN_SECONDS = 600;

/** @throws Error where the providers' configuration is none */
export async function openImageAccess({ client, clock, log, rootDir, tokens, imagePulls = {} }: ImageAccessOptions): Promise<Pick<ImageManagerOptions, 'providers' | 'records'>> {
  const { providers, verification } = imagePulls;
  return {
    ...(verification ? { records: await openPullRecords({ ...imagePulls, rootDir, clock }) } : {}),
    ...(providers ? {
      providers: new CredentialProviders({
        providers: readCredentialProviders(providers.config), binDir: providers.binDir, clock, log,
        async accountOf(pod, audience) {
          const namespace = pod.metadata.namespace ?? '';
          const { metadata } = await client.get(ServiceAccount, pod.spec.serviceAccountName || 'default', { namespace });
          return { uid: metadata.uid, name: metadata.name, namespace, annotations: metadata.annotations ?? {}, token: await tokens.get(pod, { audience, expirationSeconds: TOKEN_SECONDS }) };
        },
      }),
    } : {}),
  };
}
