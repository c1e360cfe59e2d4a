import type { Verb } from '../schema/kind.ts';
import type { ApiResponse } from '../wire/api.ts';
import { isReview, review } from './authz/reviews.ts';
import type { Core } from './core.ts';
import { Discovery } from './discovery/discovery.ts';
import type { Exchange, Stage } from './exchange.ts';
import { servePath } from './paths.ts';
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
      const found = request.method === 'GET' ? await discovery.serve(request, info.path) : undefined;
      return found ?? servePath(core, exchange);
    },
  };
}

async function dispatch(core: Core, exchange: Exchange): Promise<ApiResponse> {
  const { info } = exchange;
  const served = core.resources.find(info.group, info.version, info.resource);
  if (!served) {
    const kind = core.resources.kind(info.group, info.version, info.resource);
    if (!kind) return pageNotFound();
    if (info.verb !== 'create') throw methodNotAllowed();
    if (isReview(kind)) return review(core, exchange, kind);
    const pods = core.resources.of('', 'pods');
    return kind.kind === 'Binding' && pods ? bind({ core, exchange, served: pods }, '') : pageNotFound();
  }
  if (info.subresource !== '') {
    const subresource = subresourceOf(served.kind, info.subresource);
    if (!subresource) return pageNotFound();
    const handler = subresource[exchange.request.method === 'OPTIONS' ? 'options' : info.verb as Verb];
    if (!handler) throw methodNotAllowed();
    return handler({ core, exchange, served });
  }
  const verb = verbs[info.verb as Verb];
  if (!verb || (served.kind.verbs && !served.kind.verbs.includes(info.verb as Verb))) throw methodNotAllowed();
  return verb({ core, exchange, served });
}
