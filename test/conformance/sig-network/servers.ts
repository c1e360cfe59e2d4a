import { Service } from '../../../src/kinds/core/service.ts';
import { Node } from '../../../src/kinds/core/node.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import { isReady } from '../../../src/rules/pod-conditions.ts';
import type { Context } from '../framework/context.ts';

/** Pods that serve, and ways to ask them. */
export const PORT = 9376;
const SERVES_HOSTNAME = `mkdir -p /tmp/www && hostname > /tmp/www/index.html && httpd -f -p ${PORT} -h /tmp/www`;
export const at = (t: Context) => ({ namespace: t.namespace });

/** Pods that answer over HTTP with their own names, all ready. */
export async function servers(t: Context, count: number, labels: Readonly<Record<string, string>>): Promise<readonly Pod[]> {
  const container = { readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 }, ports: [{ containerPort: PORT }] };
  const made = await Promise.all(Array.from({ length: count }, () => t.pods.create({ labels, sh: SERVES_HOSTNAME, container })));
  return Promise.all(made.map(({ metadata }) => t.pods.untilReady(metadata.name)));
}

export function service(t: Context, name: string, spec: DeepPartial<Service['spec']>): Promise<Service> {
  return t.client.create(Service, { metadata: { name }, spec }, at(t));
}

/** Changes a Service as `change` says, again where someone else was faster. */
export async function changeService(t: Context, name: string, change: (spec: Service['spec']) => Service['spec']): Promise<Service> {
  return t.eventually(`service ${name} is changed`, async () => {
    const current = await t.client.get(Service, name, at(t));
    return t.client.update(Service, { ...current, spec: change(current.spec) }, at(t));
  });
}

/** A pod to ask from. */
export async function client(t: Context): Promise<string> {
  const { metadata } = await t.pods.running({});
  return metadata.name;
}

/** What `from` gets from a URL, '' when it gets nothing. */
export async function fetchFrom(t: Context, from: string, url: string): Promise<string> {
  const { stdout } = await t.pods.exec(from, ['sh', '-c', `timeout 3 wget -q -O - '${url}' 2>/dev/null || true`]);
  return stdout.trim();
}

/** Until one of the servers answers at the URL. */
export function reaches(t: Context, from: string, { url, pods }: { url: string; pods: readonly Pod[] }): Promise<string> {
  const names = new Set(pods.map(({ metadata }) => metadata.name));
  return t.eventually(`${url} answers`, async () => {
    const name = await fetchFrom(t, from, url);
    return names.has(name) && name;
  }, { seconds: 60, everySeconds: 0.5 });
}

/** Which servers answer a number of requests. */
export async function answering(t: Context, from: string, { url, times }: { url: string; times: number }): Promise<ReadonlySet<string>> {
  const { stdout } = await t.pods.exec(from, ['sh', '-c', `for i in $(seq ${times}); do timeout 3 wget -q -O - '${url}' || true; done`]);
  return new Set(stdout.trim().split('\n').filter(Boolean));
}

/** The addresses nodes are reached at from within the cluster. */
export async function nodeAddresses(t: Context): Promise<readonly string[]> {
  const { items } = await t.client.list(Node);
  return items.filter((node) => isReady(node)).flatMap(({ status }) => status.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
}
