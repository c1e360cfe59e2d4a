import type { Decide, Decision, Question } from '../../../cel/libraries/authorizers.ts';
import type { UserInfo } from '../../../wire/api.ts';
import { fieldTermsOf, labelTermsOf } from '../../authz/selector-terms.ts';
import type { Core } from '../../core.ts';
import type { Attributes } from '../admission.ts';

const accountOf = ({ namespace, name }: NonNullable<Question['serviceAccount']>): UserInfo => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
});

/** An expression cannot wait: it is left, and evaluated again when the answer is there. */
class Unanswered extends Error {
  readonly answer: Promise<unknown>;
  constructor(answer: Promise<unknown>) {
    super('the authorizer has not answered yet');
    this.answer = answer;
  }
}

/** Evaluates again and again until every question on the way is answered. @param evaluate has no effects, and bindings that stay the same */
export async function whenAnswered<T>(evaluate: () => T | Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await evaluate();
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      await error.answer;
    }
  }
}

/** Asks the server's own authorizer about whoever made the request, or the account named. What takes longer is answered when it is asked again: see whenAnswered. */
export function decideFor({ authorizer }: Core, { user }: Pick<Attributes, 'user'>): Decide {
  const answers = new Map<string, Decision>();
  return (question) => {
    const { serviceAccount, verb, path, group = '', resource = '', subresource = '', namespace = '', name = '', fieldSelector, labelSelector } = question;
    const key = answers.size === 0 ? '' : JSON.stringify(question);
    const known = answers.get(key);
    if (known) return known;
    const decision = authorizer.authorize({
      user: serviceAccount ? accountOf(serviceAccount) : user, verb, isResource: path === undefined, group, version: '*', resource, subresource, namespace, name, path: path ?? '',
      ...(fieldSelector ? { fieldTerms: fieldTermsOf(fieldSelector).terms } : {}), ...(labelSelector ? { labelTerms: labelTermsOf(labelSelector).terms } : {}),
    });
    if (decision instanceof Promise) throw new Unanswered(decision.then((late) => answers.set(JSON.stringify(question), late)));
    return decision;
  };
}
