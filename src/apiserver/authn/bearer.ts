import { messageOf } from '../../base/message-of.ts';
import type { Core } from '../core.ts';
import { bootstrapUser } from './bootstrap-tokens.ts';
import { identifyAccount, type TokenIdentity } from './service-account.ts';

/**
 * Who shows a bearer token: of the tokens' file, a service account, a node that joins, a user of another issuer, or whom a service knows it by.
 * @param wanted audiences, at least one of which the token must be for; the server's own unless given
 */
export async function identifyBearer(core: Core, token: string, wanted?: readonly string[]): Promise<TokenIdentity | undefined> {
  const { config, tokens } = core;
  // Who knows no audiences speaks for the server's own.
  const ours = (wanted ?? tokens.audiences).filter((one) => tokens.audiences.includes(one));
  const known = config.staticTokens?.get(token);
  if (known) return ours.length > 0 ? { user: known, audiences: ours } : undefined;
  const account = await identifyAccount(core, token, wanted);
  if (account) return account;
  return (ours.length > 0 ? await identifyForeign(core, token, ours) : undefined) ?? attempt(core, () => core.tokenWebhook?.identify(token, { wanted: wanted ?? tokens.audiences, ours: tokens.audiences }));
}

async function identifyForeign(core: Core, token: string, audiences: readonly string[]): Promise<TokenIdentity | undefined> {
  const joining = bootstrapUser(core, token);
  if (joining) return { user: joining, audiences };
  for (const issuer of core.issuers) {
    const user = await attempt(core, () => issuer.identify(token));
    if (user) return { user, audiences };
  }
  return undefined;
}

/** One that cannot tell is told of in the log, and another may know. */
async function attempt<T>({ log }: Core, identify: () => Promise<T | undefined> | undefined): Promise<T | undefined> {
  try {
    return await identify();
  } catch (error) {
    log.warn('Unable to authenticate the request', { error: messageOf(error) });
    return undefined;
  }
}
