/** Service account tokens bound to pods, renewed before they expire (TokenRequest). */
import type { Clock, Millis } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Client } from '../../client/index.ts';
import { ServiceAccount } from '../../kinds/core/service-account.ts';
import type { TokenRequest } from '../../kinds/authentication/token-request.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { TokenSpec } from './payload.ts';

export interface Tokens {
  get(pod: Pod, spec: TokenSpec): Promise<string>;
  /** When the pod's earliest token is due for renewal, or undefined. */
  renewalOf(uid: string): Millis | undefined;
  forget(uid: string): void;
}

interface Held {
  readonly uid: string;
  readonly token: string;
  readonly renewAt: Millis;
  readonly expiresAt: Millis;
}

const DAY = 24 * 60 * 60 * 1000;

export function createTokens(client: Client, clock: Clock): Tokens {
  const held = new Map<string, Held>();
  return {
    async get(pod, { audience, expirationSeconds }) {
      const { uid, name, namespace = '' } = pod.metadata;
      const account = pod.spec.serviceAccountName || 'default';
      const key = JSON.stringify([uid, account, audience, expirationSeconds]);
      const known = held.get(key);
      if (known && clock.now() < known.renewAt) return known.token;
      try {
        const asked = clock.now();
        const answer = await client.createSubresource<TokenRequest>(ServiceAccount, account, 'token', {
          apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest',
          spec: { audiences: audience === '' ? [] : [audience], expirationSeconds, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid } },
        }, { namespace });
        const expiresAt = Date.parse(answer.status.expirationTimestamp ?? '') || asked + expirationSeconds * 1000;
        // At four fifths of its life, and at least daily.
        const renewAt = Math.min(asked + 0.8 * (expiresAt - asked), asked + DAY);
        held.set(key, { uid, token: answer.status.token ?? '', renewAt, expiresAt });
        return answer.status.token ?? '';
      } catch (error) {
        if (known && clock.now() < known.expiresAt) return known.token;
        throw new Error(`failed to fetch token: ${messageOf(error)}`, { cause: error });
      }
    },
    renewalOf: (uid) => [...held.values()].filter((one) => one.uid === uid).map(({ renewAt }) => renewAt).toSorted((a, b) => a - b)[0],
    forget(uid) {
      for (const [key, one] of held) if (one.uid === uid) held.delete(key);
    },
  };
}
