import type { Millis } from '../../base/clock.ts';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { Secret } from '../../kinds/core/secret.ts';
import { ServiceAccount } from '../../kinds/core/service-account.ts';
import { isApiError } from '../../meta/api-error.ts';
import { formatTime, parseTime } from '../../meta/time.ts';
import { definePeriodic, type Cache } from '../runtime/index.ts';
import { secretsMountedBy } from './mounted-secrets.ts';
import { accountOf, TOKEN_TYPE } from './token.ts';

const DAY: Millis = 24 * 3_600_000;
/** `--legacy-service-account-token-clean-up-period`. */
const UNUSED: Millis = 365 * DAY;
const LAST_USED = 'kubernetes.io/legacy-token-last-used';
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';
/** Here the API server says since when it has noted the use of tokens. */
const TRACKING = 'kube-apiserver-legacy-service-account-token-tracking';

const dayOf = (at: Millis): string => formatTime(at).slice(0, 'yyyy-mm-dd'.length);
const isDay = (text: string | undefined): text is string => text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && parseTime(`${text}T00:00:00Z`) !== undefined;

/**
 * Takes away the token Secrets that older clusters made for every account and nobody has used for a year: marked first, so that
 * who needs one after all can take the mark off again, deleted a year later (KEP-2799).
 */
export const legacyTokenCleaner = definePeriodic({
  name: 'legacy-serviceaccount-token-cleaner',
  every: DAY,
  reads: [Secret, ServiceAccount, Pod],

  async round({ cache, client, log, now }) {
    const { data } = await client.get(ConfigMap, TRACKING, { namespace: 'kube-system' });
    const since = data?.['since'];
    if (!isDay(since)) throw new Error(`configMap ${TRACKING} does not say since when`);
    if (now < parseTime(`${since}T00:00:00Z`)! + DAY + UNUSED) return;
    for (const secret of cache.list(Secret).filter((one) => isUnused(one, now) && isMadeForAccount(one, cache))) {
      const { name, namespace = '', uid, resourceVersion, labels = {} } = secret.metadata;
      const marked = labels[INVALID_SINCE];
      try {
        if (!isDay(marked)) {
          const body = { metadata: { uid, labels: { [INVALID_SINCE]: dayOf(now) } } };
          await client.patch(Secret, name, { type: 'merge', body }, { namespace });
        } else if (marked < dayOf(now - UNUSED)) {
          await client.delete(Secret, name, { namespace, preconditions: { uid, resourceVersion } });
        }
      } catch (error) {
        if (!isApiError(error, 'NotFound', 'Conflict')) log.warn('unused token not cleaned up', { secret: `${namespace}/${name}`, error: String(error) });
      }
    }
  },
});

/** Neither made nor used within the period. A date nobody can read tells nothing: such a Secret stays. */
function isUnused({ metadata, type }: Secret, now: Millis): boolean {
  const used = metadata.labels?.[LAST_USED];
  const isOld = (parseTime(metadata.creationTimestamp) ?? now) < now - UNUSED;
  return type === TOKEN_TYPE && metadata.deletionTimestamp === undefined && isOld && (used === undefined || (isDay(used) && used < dayOf(now - UNUSED)));
}

/** Made by the cluster, for an account that names it; and no pod mounts it. One that somebody asked for is theirs. */
function isMadeForAccount(secret: Secret, cache: Cache): boolean {
  const { name, namespace } = secret.metadata;
  const account = accountOf(secret, cache);
  return (account?.secrets ?? []).some((one) => one.name === name) && !cache.list(Pod, namespace).some((pod) => secretsMountedBy(pod).has(name));
}
