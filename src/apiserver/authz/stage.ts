import { ApiError } from '../../meta/api-error.ts';
import type { Core } from '../core.ts';
import type { Exchange, Stage } from '../exchange.ts';
import { OF_MANY, type AccessRequest, type Verdict } from './authorizer.ts';
import { fieldTermsOf, labelTermsOf } from './selector-terms.ts';

const ALLOWED = 'result="allowed"';
const DENIED = 'result="denied"';
const ERROR = 'result="error"';
const NO_OPINION = 'result="no-opinion"';

/** Asks the authorizer about every request. */
export function authorizeStage(core: Core): Stage {
  return {
    name: 'authorize',
    async handle(exchange, next) {
      const access = accessOf(exchange);
      const start = core.clock.monotonic();
      const said = core.authorizer.authorize(access);
      const verdict = said instanceof Promise ? await said : said;
      exchange.verdict = verdict;
      const result = resultOf(verdict);
      core.metrics.authorizations.add(result);
      core.metrics.authorizationSeconds.at(result).observe((core.clock.monotonic() - start) / 1000);
      requireAllowed(access, verdict);
      return next(exchange);
    },
  };
}

function resultOf({ allowed, denied, error }: Verdict): string {
  if (allowed) return ALLOWED;
  return error === undefined ? (denied ? DENIED : NO_OPINION) : ERROR;
}

/** @throws ApiError Forbidden, or InternalError where nobody allows and somebody could not tell */
export function requireAllowed(access: AccessRequest, { allowed, reason, error }: Verdict): void {
  if (allowed) return;
  if (error !== undefined) throw new ApiError('InternalError', `Internal error occurred: ${error}`, { details: { causes: [{ message: error }] } });
  throw forbiddenAccess(access, reason);
}

export function accessOf({ user, info }: Exchange): AccessRequest {
  const { isResource, verb, group, version, resource, subresource, namespace, name, path } = info;
  const [fields, labels] = isResource && OF_MANY.includes(verb) ? [info.query.get('fieldSelector'), info.query.get('labelSelector')] : [null, null];
  return { user, isResource, verb, group, version, resource, subresource, namespace, name, path, ...(fields && { fieldTerms: fieldTermsOf(fields).terms }), ...(labels && { labelTerms: labelTermsOf(labels).terms }) };
}

/** Upstream's words: `pods "web" is forbidden: User "x" cannot get resource "pods" in API group "" in the namespace "default"`. */
function forbiddenAccess(access: AccessRequest, reason = ''): ApiError {
  const { user, verb, group, resource, subresource, namespace, name, path } = access;
  const because = reason === '' ? '' : `: ${reason}`;
  const who = `User ${JSON.stringify(user.username)} cannot ${verb}`;
  if (!access.isResource) return new ApiError('Forbidden', `forbidden: ${who} path ${JSON.stringify(path)}${because}`, { details: {} });
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const title = `${group === '' ? resource : `${resource}.${group}`}${name === '' ? '' : ` ${JSON.stringify(name)}`}`;
  return new ApiError('Forbidden', `${title} is forbidden: ${who} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${where}${because}`, {
    details: { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource },
  });
}
