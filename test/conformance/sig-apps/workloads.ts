import { readBytes } from '../../../src/client/index.ts';
import { Deployment } from '../../../src/kinds/apps/deployment.ts';
import { ReplicaSet } from '../../../src/kinds/apps/replica-set.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import type { Context } from '../framework/context.ts';

/** Pieces that tests of Deployments and ReplicaSets share. */
export const at = (t: Context) => ({ namespace: t.namespace });

/** A server that answers with its pod's name. */
export const SERVES_HOSTNAME = 'mkdir -p /tmp/www && hostname > /tmp/www/index.html && httpd -f -p 9376 -h /tmp/www';

export function template(t: Context, labels: Readonly<Record<string, string>>, sh = 'sleep 3600') {
  const readinessProbe = sh === SERVES_HOSTNAME ? { readinessProbe: { tcpSocket: { port: 9376 }, periodSeconds: 1 } } : {};
  return { metadata: { labels }, spec: { ...t.pods.object({ sh, container: readinessProbe }).spec, restartPolicy: 'Always' } };
}

interface DeploymentRequest {
  readonly name: string;
  readonly replicas: number;
  readonly sh?: string;
  readonly spec?: DeepPartial<Deployment['spec']>;
}

export function deploymentObject(t: Context, { name, replicas, sh, spec }: DeploymentRequest): DeepPartial<Deployment> {
  const labels = { name };
  return { metadata: { name, labels }, spec: { replicas, selector: { matchLabels: labels }, template: template(t, labels, sh), ...spec } };
}

export const deploy = (t: Context, request: DeploymentRequest): Promise<Deployment> => t.client.create(Deployment, deploymentObject(t, request), at(t));

/** Until the newest template has all its replicas, and no older one is left. */
export function rolledOut(t: Context, name: string, seconds = 120): Promise<Deployment> {
  return t.eventually(`deployment ${name} is complete`, async () => {
    const deployment = await t.client.get(Deployment, name, at(t));
    const { spec, status, metadata } = deployment;
    const complete = status.observedGeneration !== undefined && status.observedGeneration >= (metadata.generation ?? 0) &&
      status.updatedReplicas === spec.replicas && status.availableReplicas === spec.replicas && status.replicas === spec.replicas;
    return complete && deployment;
  }, { seconds });
}

/** Another template: the same program, told apart by a variable. */
export async function changeTemplate(t: Context, name: string, value: string): Promise<Deployment> {
  const body = { spec: { template: { spec: { containers: [{ name: 'main', env: [{ name: 'REVISION', value }] }] } } } };
  return t.client.patch(Deployment, name, { type: 'strategic', body }, at(t));
}

export const setsOf = async (t: Context, name: string): Promise<readonly ReplicaSet[]> =>
  (await t.client.list(ReplicaSet, { ...at(t), labelSelector: `name=${name}` })).items;

/** Asks each pod's server through the API server, and checks that it answers with its own name. */
export async function answersFromEach(t: Context, labelSelector: string): Promise<boolean> {
  const pods = await t.pods.list(labelSelector);
  const answers = await Promise.all(pods.map(async ({ metadata: { name } }) => {
    const url = `/api/v1/namespaces/${t.namespace}/pods/${name}:9376/proxy/`;
    const response = await t.client.request({ method: 'GET', url, signal: t.signal });
    return (await readBytes(response.body)).trim() === name;
  }));
  return answers.length > 0 && answers.every(Boolean);
}
