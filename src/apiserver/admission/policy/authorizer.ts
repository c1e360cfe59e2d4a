import type { Decide, Question } from '../../../cel/libraries/authorizers.ts';
import type { UserInfo } from '../../../wire/api.ts';
import type { Core } from '../../core.ts';
import type { Attributes } from '../admission.ts';

const accountOf = ({ namespace, name }: NonNullable<Question['serviceAccount']>): UserInfo => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
});

/** Asks the server's own authorizer about whoever made the request, or the account named. */
export function decideFor({ authorizer }: Core, { user }: Pick<Attributes, 'user'>): Decide {
  return ({ serviceAccount, verb, path, group = '', resource = '', subresource = '', namespace = '', name = '' }) => authorizer.authorize({
    user: serviceAccount ? accountOf(serviceAccount) : user, verb, isResource: path === undefined, group, version: '*', resource, subresource, namespace, name, path: path ?? '',
  });
}
