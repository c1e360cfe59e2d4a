/** Pods of the server image behind a Service of their own, with certificates that the test vouches for. */
import { issueCa, issueLeaf } from '../../../src/wire/node/issue.ts';
import { readObject } from '../../../src/client/index.ts';
import { Secret } from '../../../src/kinds/core/secret.ts';
import { Service } from '../../../src/kinds/core/service.ts';
import { EndpointSlice } from '../../../src/kinds/discovery/endpoint-slice.ts';
import type { Context } from './context.ts';

export const SERVER_PORT = 8443;

export interface ServerPod {
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number };
  /** PEM in base64. */
  readonly caBundle: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Resolves when the Service leads to it. */
export async function startServer(t: Context, { mode, name, serviceAccountName }: { readonly mode: 'webhook' | 'sample-api'; readonly name: string; readonly serviceAccountName?: string }): Promise<ServerPod> {
  const { clock, random, serverImage } = t.shared;
  const authority = issueCa(`${name}-ca`, clock.now(), random);
  const { cert, key } = issueLeaf({ commonName: name, organizations: [], use: 'server', dnsNames: [`${name}.${t.namespace}.svc`], addresses: [] }, authority, { now: clock.now(), random });
  const at = { namespace: t.namespace };
  await t.client.create(Secret, { metadata: { name }, type: 'kubernetes.io/tls', data: { 'tls.crt': base64(cert), 'tls.key': base64(key) } }, at);
  const labels = { server: name };
  await t.client.create(Service, { metadata: { name }, spec: { selector: labels, ports: [{ port: SERVER_PORT, targetPort: SERVER_PORT }] } }, at);
  await t.pods.create({
    name, labels,
    spec: {
      ...(serviceAccountName ? { serviceAccountName } : {}),
      volumes: [{ name: 'tls', secret: { secretName: name } }],
      containers: [{
        name: 'server', image: serverImage, imagePullPolicy: 'IfNotPresent', args: [mode, String(SERVER_PORT), '/tls'], volumeMounts: [{ name: 'tls', mountPath: '/tls' }],
        readinessProbe: { httpGet: { scheme: 'HTTPS', port: SERVER_PORT, path: '/readyz' }, periodSeconds: 1, failureThreshold: 60 },
      }],
    },
  });
  await t.pods.untilReady(name, { seconds: 120 });
  await t.eventually(`service ${name} leads to its pod`, async () => {
    const { items } = await t.client.list(EndpointSlice, { ...at, labelSelector: `kubernetes.io/service-name=${name}` });
    return items.some(({ endpoints }) => endpoints?.some(({ conditions }) => conditions?.ready !== false));
  });
  return { service: { ...at, name, port: SERVER_PORT }, caBundle: base64(authority.cert) };
}

/** Any request by path: for what has no kind of its own here. @param patch the type of a PATCH */
export async function call<T = Loose>(t: Context, method: string, url: string, { body, patch }: { readonly body?: unknown; readonly patch?: string } = {}): Promise<T> {
  const bytes = body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body));
  const headers = { accept: 'application/json', ...(bytes ? { 'content-type': patch ?? 'application/json' } : {}) };
  return readObject<T>(await t.client.request({ method, url, headers, signal: t.signal, ...(bytes ? { body: { type: 'bytes' as const, bytes } } : {}) }));
}

/** An object of which tests know what they look at. */
export interface Loose {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly items?: readonly Loose[];
  readonly [field: string]: unknown;
}

export const MERGE_PATCH = 'application/merge-patch+json';
