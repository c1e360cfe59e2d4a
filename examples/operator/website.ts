/** A Website is a page, served by as many copies as one asks for. Everything about the operator is in this file. */
import { ConfigMap, connectCluster, Deployment, keyOf, Service } from 'knarr/client';
import { controllerReference, defaulting, defineController, defineKind, definitionYaml, FieldPath, invalid, schema, startOperator, validating, withCondition, type Condition } from 'knarr/operator';

const { any, int32, list, object, string } = schema;

export const Website = defineKind({
  group: 'example.com', version: 'v1', kind: 'Website', plural: 'websites', short: ['web'], scope: 'Namespaced', package: 'com.example.v1',
  description: 'A page and those who serve it.',
  scale: { spec: '.spec.replicas', status: '.status.readyReplicas' },
  spec: object('com.example.v1.WebsiteSpec', {
    page: string().required().describe('What visitors read, as HTML.'),
    replicas: int32().min(0).max(20).default(1).describe('How many serve it.'),
  }),
  status: object('com.example.v1.WebsiteStatus', { readyReplicas: int32(), conditions: list(any()) }),
});

export const yaml = definitionYaml(Website, { columns: [{ name: 'Wanted', type: 'integer', jsonPath: '.spec.replicas' }, { name: 'Ready', type: 'integer', jsonPath: '.status.readyReplicas' }] });

export const website = defineController({
  name: 'website', for: Website, owns: [ConfigMap, Deployment, Service],

  async reconcile(site, { cache, client, events, now }) {
    const { name, namespace, generation = 0 } = site.metadata;
    const owned = { name, namespace: namespace!, ownerReferences: [controllerReference(Website, site)] };
    const apply = { fieldManager: 'website', force: true };
    const labels = { website: name };
    const command = ['sh', '-c', 'cp /page/* /www/; exec httpd -f -p 8080 -h /www'];
    const container = { name: 'httpd', image: 'knarr.local/busybox:1', command, volumeMounts: [{ name: 'page', mountPath: '/page' }, { name: 'www', mountPath: '/www' }] };
    const template = { metadata: { labels, annotations: { page: site.spec.page } }, spec: { containers: [container], volumes: [{ name: 'page', configMap: { name } }, { name: 'www', emptyDir: {} }] } };
    await client.patch(ConfigMap, name, { type: 'apply', body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: owned, data: { 'index.html': site.spec.page } } }, apply);
    await client.patch(Service, name, { type: 'apply', body: { apiVersion: 'v1', kind: 'Service', metadata: owned, spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] } } }, apply);
    await client.patch(Deployment, name, { type: 'apply', body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: owned, spec: { replicas: site.spec.replicas, selector: { matchLabels: labels }, template } } }, apply);

    const readyReplicas = cache.get(Deployment, name, namespace)?.status.readyReplicas ?? 0;
    const all = readyReplicas === site.spec.replicas;
    const before = site.status?.conditions as readonly Condition[] | undefined;
    const conditions = withCondition(before, { type: 'Ready', status: all ? 'True' : 'False', reason: all ? 'AllServe' : 'Waiting', observedGeneration: generation }, now);
    if (conditions === before && readyReplicas === (site.status.readyReplicas ?? 0)) return;
    await client.updateStatus(Website, { ...site, status: { readyReplicas, conditions } });
    if (all) events.event(site, 'Normal', 'Serving', `${readyReplicas} serve ${keyOf(site)}`);
  },
});

/** What no schema says: asked before a Website is stored. */
export const hooks = [
  defaulting(Website, (site) => ({ ...site, spec: { ...site.spec, page: site.spec.page.trim() } })),
  validating(Website, ({ spec: { page } }) => (/<script/i.test(page) ? [invalid(FieldPath.of('spec.page'), page, 'must not contain scripts')] : [])),
];

if (process.argv[2] === 'crd') console.log(yaml);
if (process.argv[2] === 'run') {
  const { client, namespace } = await connectCluster();
  const name = 'website-operator';
  // Outside the cluster no Service leads here: WEBHOOK_HOST is where the API server asks instead.
  const webhooks = { hooks, name, namespace, host: process.env['WEBHOOK_HOST'] };
  await startOperator({ client, controllers: [website], webhooks, leaderElection: { namespace, name }, health: { port: 8081 } });
  console.log('at work');
}
