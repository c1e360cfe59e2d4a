import { ApiError } from '../meta/api-error.ts';
import type { Kind, Verb } from '../schema/kind.ts';
import type { ApiResponse } from '../wire/api.ts';
import { isReview, review } from './authz/reviews.ts';
import { componentStatus } from './component-status.ts';
import type { Core } from './core.ts';
import { Discovery } from './discovery/discovery.ts';
import { type Exchange, type Stage, warn } from './exchange.ts';
import { servePath } from './paths.ts';
import { checkAnswer } from './resource-request.ts';
import { pageNotFound } from './respond.ts';
import { bind } from './subresources/binding.ts';
import { subresourceOf } from './subresources/table.ts';
import { methodNotAllowed, verbs } from './verbs.ts';

/** The last stage: hands the request to what serves its path. */
export function dispatchStage(core: Core): Stage {
  const discovery = new Discovery(core);
  return {
    name: 'dispatch',
    async handle(exchange) {
      const { request, info } = exchange;
      if (info.isResource) return dispatch(core, exchange);
      const asked = request.method === 'GET';
      const found = asked || DISCOVERED.test(info.path) ? await discovery.serve(request, info.path) : undefined;
      if (found && !asked) throw methodNotAllowed();
      return found ?? servePath(core, exchange);
    },
  };
}

/** Documents of discovery that upstream routes GET to, and nothing else. */
const DISCOVERED = /^\/(api|apis|version)(\/|$)/;

async function dispatch(core: Core, exchange: Exchange): Promise<ApiResponse> {
  const { info, request } = exchange;
  // Upstream routes HEAD to nothing but proxies.
  if (request.method === 'HEAD' && info.subresource !== 'proxy') throw methodNotAllowed();
  const served = core.resources.find(info.group, info.version, info.resource);
  if (!served) {
    const kind = core.resources.kind(info.group, info.version, info.resource);
    if (!kind) return core.resources.kinds().some(({ group, version }) => group === info.group && version === info.version) ? noRoute() : pageNotFound();
    if (info.verb !== 'create') throw methodNotAllowed();
    if (isReview(kind)) return review(core, exchange, kind);
    const pods = core.resources.of('', 'pods');
    return kind.kind === 'Binding' && pods ? bind({ core, exchange, served: pods }, '') : noRoute();
  }
  checkScope(served.kind, exchange);
  if (served.kind.custom) checkDefined(served.kind, exchange);
  if (info.subresource !== '') {
    const subresource = subresourceOf(served.kind, info.subresource);
    if (!subresource) return noRoute();
    const handler = subresource[exchange.request.method === 'OPTIONS' ? 'options' : info.verb as Verb];
    if (!handler) throw methodNotAllowed();
    const at = { core, exchange, served };
    if (!CONNECTED.has(info.subresource)) checkAnswer(at);
    return handler(at);
  }
  const own = served.kind.kind === 'ComponentStatus' && info.group === '' ? componentStatus : verbs;
  const verb = Object.hasOwn(own, info.verb) ? own[info.verb as Verb] : undefined;
  if (!verb || (served.kind.verbs && !served.kind.verbs.includes(info.verb as Verb))) throw methodNotAllowed();
  const at = { core, exchange, served };
  checkAnswer(at);
  return verb(at);
}

/** What the definition of a custom resource says of a request: its version may be deprecated, itself about to go. */
function checkDefined(kind: Kind, exchange: Exchange): void {
  const { warning, isTerminating } = kind.custom!;
  if (warning !== undefined) warn(exchange, warning);
  const { verb } = exchange.info;
  if (isTerminating && verb === 'create') {
    throw new ApiError('MethodNotAllowed', `${verb} not allowed while custom resource definition is terminating`, { details: { group: kind.group, kind: kind.plural } });
  }
}

/** Paths in a namespace are there for what lives in namespaces, and all of these at once can only be read. */
function checkScope(kind: Kind, { info }: Exchange): void {
  if (kind.scope === 'Cluster') {
    if (info.namespace !== '' && kind.kind !== 'Namespace') noRoute();
    return;
  }
  if (info.namespace !== '') return;
  if (info.verb === 'list' || info.verb === 'watch') return;
  if (info.name !== '' && info.verb !== 'deletecollection') noRoute();
  throw methodNotAllowed();
}

/** Of a group and version that are served, but no such path. */
function noRoute(): never {
  throw new ApiError('NotFound', 'the server could not find the requested resource', { details: {} });
}

/** What carries somebody else's bytes, in whatever form they are. */
const CONNECTED = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);
