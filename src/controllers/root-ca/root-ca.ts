import { ConfigMap } from '../../kinds/core/config-map.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { defineController, watchOf, type Controller } from '../runtime/index.ts';
import { ignoreRaces, isLeaving } from '../service-account/service-account.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION = 'kubernetes.io/description';
const TEXT = 'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal ' +
  'service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Publishes the cluster's CA in every namespace, for pods' projected tokens to stand beside. */
export const rootCaPublisher = (caPem: string): Controller => defineController({
  name: 'root-ca-cert-publisher',
  component: 'root-ca-cert-publisher',
  for: Namespace,
  watches: [watchOf(ConfigMap, ({ metadata }) => (metadata.name === NAME ? [metadata.namespace!] : []))],

  async reconcile(namespace, { cache, client }) {
    if (isLeaving(namespace)) return;
    const at = namespace.metadata.name;
    const data = { 'ca.crt': caPem };
    const found = cache.get(ConfigMap, NAME, at);
    if (!found) {
      await client.create(ConfigMap, { metadata: { name: NAME, namespace: at, annotations: { [DESCRIPTION]: TEXT } }, data }).catch(ignoreRaces);
    } else if (!isPublished(found, caPem)) {
      const annotations = { ...found.metadata.annotations, [DESCRIPTION]: TEXT };
      await client.update(ConfigMap, { ...found, metadata: { ...found.metadata, annotations }, data }).catch(ignoreRaces);
    }
  },
});

/** Whether the map holds the CA and nothing else. */
export const isPublished = ({ data = {}, metadata }: ConfigMap, caPem: string): boolean =>
  data['ca.crt'] === caPem && Object.keys(data).length === 1 && metadata.annotations?.[DESCRIPTION] !== undefined;
