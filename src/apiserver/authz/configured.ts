import type { Core } from '../core.ts';
import type { Authorizer, Verdict } from './authorizer.ts';
import { NodeAuthorizer } from './node.ts';
import { WebhookAuthorizer } from './webhook.ts';

const always = (verdict: Verdict): Authorizer => ({ authorize: () => verdict });

/** Those that the configuration names, in its order. */
export function authorizersOf(around: Pick<Core, 'config' | 'resources' | 'clock' | 'random' | 'log'>, rbac: Authorizer): readonly Authorizer[] {
  const { config, resources } = around;
  if (!config.authorizers) return [new NodeAuthorizer(resources), rbac];
  return config.authorizers.map((one): Authorizer => {
    switch (one.type) {
      case 'Node': return new NodeAuthorizer(resources);
      case 'RBAC': return rbac;
      case 'Webhook': return new WebhookAuthorizer(around, one);
      case 'AlwaysAllow': return always({ allowed: true, reason: '' });
      // Upstream's has no opinion either, so that others may allow.
      case 'AlwaysDeny': return always({ allowed: false, reason: 'Everything is forbidden.' });
    }
  });
}
