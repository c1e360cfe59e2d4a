import { messageOf } from '../../base/message-of.ts';
import type { Core } from '../core.ts';
import { bootstrapUser } from './bootstrap-tokens.ts';
import { identifyAccount, type TokenIdentity } from './service-account.ts';

/**
 * Who shows a bearer token: of the tokens' file, a service account, a node that joins, or a user of another issuer.
 * @param wanted audiences, at least one of which the token must be for; the server's own unless given
 */
export async function identifyBearer(core: Core, token: string, wanted?: readonly string[]): Promise<TokenIdentity | undefined> {
  const { config, tokens, issuers, log } = core;
  // Who knows no audiences speaks for the server's own.
  const ours = (wanted ?? tokens.audiences).filter((one) => tokens.audiences.includes(one));
  const known = config.staticTokens?.get(token);
  if (known) return ours.length > 0 ? { user: known, audiences: ours } : undefined;
  const account = await identifyAccount(core, token, wanted);
  if (account) return account;
  if (ours.length === 0) return undefined;
  const joining = bootstrapUser(core, token);
  if (joining) return { user: joining, audiences: ours };
  for (const issuer of issuers) {
    try {
      const user = await issuer.identify(token);
      if (user) return { user, audiences: ours };
    } catch (error) {
      log.warn('Unable to authenticate the request', { error: messageOf(error) });
    }
  }
  return undefined;
}
