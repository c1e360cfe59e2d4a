import { ApiError } from '../../meta/api-error.ts';
import type { Core } from '../core.ts';
import type { Exchange, Stage } from '../exchange.ts';
import { OF_MANY, type AccessRequest } from './authorizer.ts';

const ALLOWED = 'result="allowed"';
const NO_OPINION = 'result="no-opinion"';

/** Asks the authorizer about every request. */
export function authorizeStage(core: Core): Stage {
  return {
    name: 'authorize',
    async handle(exchange, next) {
      const access = accessOf(exchange);
      const start = core.clock.monotonic();
      const verdict = core.authorizer.authorize(access);
      exchange.verdict = verdict;
      const result = verdict.allowed ? ALLOWED : NO_OPINION;
      core.metrics.authorizations.add(result);
      core.metrics.authorizationSeconds.at(result).observe((core.clock.monotonic() - start) / 1000);
      if (!verdict.allowed) throw forbiddenAccess(access, verdict.reason);
      return next(exchange);
    },
  };
}

export function accessOf({ user, info }: Exchange): AccessRequest {
  const { isResource, verb, group, version, resource, subresource, namespace, name, path } = info;
  const fieldSelector = isResource && OF_MANY.includes(verb) ? info.query.get('fieldSelector') : null;
  return { user, isResource, verb, group, version, resource, subresource, namespace, name, path, ...(fieldSelector !== null && { fieldSelector }) };
}

/** Upstream's words: `pods "web" is forbidden: User "x" cannot get resource "pods" in API group "" in the namespace "default"`. */
export function forbiddenAccess(access: AccessRequest, reason = ''): ApiError {
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
