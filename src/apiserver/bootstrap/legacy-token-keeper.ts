import type { AnyObject } from '../../meta/object.ts';
import { formatTime } from '../../meta/time.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { ApiHandler } from '../../wire/api.ts';
import { LAST_USED, labelsOf } from '../authn/legacy-tokens.ts';
import type { Core } from '../core.ts';
import { ensure } from './run.ts';
import { send, urlOf } from './send.ts';

const SINCE = { group: '', plural: 'configmaps', name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' } as const;

/**
 * Writes on each Secret on which day its token was last used, and since when that has been written at all: by these the
 * controller that cleans them up decides.
 */
export async function startLegacyTokenKeeper(core: Core, handler: ApiHandler): Promise<Disposable> {
  const { clock, log, resources, tokens } = core;
  const today = () => formatTime(clock.now()).slice(0, 'yyyy-mm-dd'.length);
  if (!resources.of('', SINCE.plural)?.cache.object(SINCE.namespace, SINCE.name)) {
    const { group, plural, name, namespace } = SINCE;
    await ensure(core, handler, { group, plural, object: { metadata: { name, namespace }, data: { since: today() } } });
  }
  /** Secrets under way, by key: many requests come with one token. */
  const writing = new Set<string>();
  const mark = async (secret: AnyObject) => {
    const served = resources.of('', 'secrets');
    const { name, namespace = '' } = secret.metadata;
    const key = `${namespace}/${name}`;
    const day = today();
    if (!served || labelsOf(secret)?.[LAST_USED] === day || writing.has(key)) return;
    writing.add(key);
    const marked = { ...secret, metadata: { ...secret.metadata, labels: { ...labelsOf(secret), [LAST_USED]: day } } };
    await send(handler, { method: 'PUT', url: `${urlOf(served, namespace)}/${encodeURIComponent(name)}`, object: marked }).catch((error: unknown) => {
      // The next use finds the Secret as another has written it.
      if (!isApiError(error, 'Conflict', 'NotFound')) log.warn('the use of a token was not noted', { secret: key, error: String(error) });
    }).finally(() => writing.delete(key));
  };
  const following = tokens.onLegacyUse((secret) => void mark(secret));
  return { [Symbol.dispose]: () => following[Symbol.dispose]() };
}
