/** An extension API server as small as one can be: flunders, kept in memory. It trusts the front proxy, and asks the API server what callers may do. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, request as ask, type ServerOptions } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';

const GROUP = 'wardle.example.com';
const VERSION = 'v1alpha1';
const ROOT = `/apis/${GROUP}/${VERSION}`;
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

interface Flunder {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string; readonly resourceVersion?: string; readonly labels?: Readonly<Record<string, string>> };
}

/** The API server, asked as this pod's service account. */
function api<T>(method: string, path: string, body?: object): Promise<T> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  const headers = { authorization: `Bearer ${readFileSync(`${ACCOUNT}/token`, 'utf8')}`, 'content-type': 'application/json', accept: 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = ask({ host, port, method, path, headers, ca: readFileSync(`${ACCOUNT}/ca.crt`) }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => ((response.statusCode ?? 500) < 300 ? resolve(JSON.parse(text) as T) : reject(new Error(`${method} ${path}: ${text}`))));
    });
    asked.on('error', reject);
    asked.end(body && JSON.stringify(body));
  });
}

export async function sampleApi(port: number, tls: ServerOptions): Promise<void> {
  const { data } = await api<{ data: Record<string, string> }>('GET', '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication');
  const names = JSON.parse(data['requestheader-allowed-names'] ?? '[]') as string[];
  createServer({ ...tls, ca: data['requestheader-client-ca-file'], requestCert: true, rejectUnauthorized: false }, (request, response) => {
    void handle(request, response, names).catch((error: unknown) => send(response, 500, status(500, 'InternalError', String(error))));
  }).listen(port);
}

const send = (response: ServerResponse, code: number, body: object): void => {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};
const status = (code: number, reason: string, message: string) => ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: code < 300 ? 'Success' : 'Failure', reason, message, code });

const flunders = new Map<string, Flunder>();
const watchers = new Set<(type: string, object: Flunder) => void>();
let revision = 1;

async function handle(request: IncomingMessage, response: ServerResponse, names: readonly string[]): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://sample');
  if (url.pathname === '/readyz' || url.pathname === '/healthz') return void response.end('ok');
  const socket = request.socket as TLSSocket;
  if (!socket.authorized || !names.includes(String(socket.getPeerCertificate().subject.CN))) return send(response, 401, status(401, 'Unauthorized', 'Unauthorized'));
  if (url.pathname === '/apis') return send(response, 200, { kind: 'APIGroupList', apiVersion: 'v1', groups: [{ name: GROUP, versions: [{ groupVersion: `${GROUP}/${VERSION}`, version: VERSION }] }] });
  if (url.pathname === ROOT) {
    return send(response, 200, {
      kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${GROUP}/${VERSION}`,
      resources: [{ name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] }],
    });
  }
  const [, namespace = '', name] = new RegExp(`^${ROOT}(?:/namespaces/([^/]+))?/flunders(?:/([^/]+))?$`).exec(url.pathname) ?? [];
  if (!url.pathname.includes('/flunders')) return send(response, 404, status(404, 'NotFound', 'the server could not find the requested resource'));
  const verb = verbOf(request.method ?? 'GET', name, url.searchParams.get('watch') !== null);
  if (!(await mayDo(request, { verb, namespace, name }))) return send(response, 403, status(403, 'Forbidden', 'not allowed'));
  const asked: Asked = { request, response, url, namespace, name };
  await VERBS[verb]!(asked);
}

const verbOf = (method: string, name: string | undefined, watch: boolean): string =>
  (method === 'GET' ? (name ? 'get' : watch ? 'watch' : 'list') : method === 'POST' ? 'create' : method === 'PUT' ? 'update' : name ? 'delete' : 'deletecollection');

async function mayDo({ headers, rawHeaders }: IncomingMessage, { verb, namespace, name }: { verb: string; namespace: string; name: string | undefined }): Promise<boolean> {
  const groups = rawHeaders.flatMap((value, at) => (at % 2 === 1 && rawHeaders[at - 1]!.toLowerCase() === 'x-remote-group' ? [value] : []));
  const spec = { user: headers['x-remote-user'], groups, resourceAttributes: { group: GROUP, version: VERSION, resource: 'flunders', verb, namespace, name } };
  const review = await api<{ status: { allowed: boolean } }>('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec });
  return review.status.allowed;
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly namespace: string;
  readonly name: string | undefined;
}

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;
const selected = ({ namespace, url }: Asked): readonly Flunder[] => {
  const [key, value] = (url.searchParams.get('labelSelector') ?? '').split('=');
  return [...flunders.values()].filter(({ metadata }) => (namespace === '' || metadata.namespace === namespace) && (!key || metadata.labels?.[key] === value));
};

async function bodyOf(request: IncomingMessage): Promise<Flunder> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text) as Flunder;
}

function keep(namespace: string, flunder: Flunder, type: 'ADDED' | 'MODIFIED'): Flunder {
  const kept = {
    ...flunder, apiVersion: `${GROUP}/${VERSION}`, kind: 'Flunder',
    metadata: { creationTimestamp: `${new Date().toISOString().slice(0, 19)}Z`, uid: randomUUID(), ...flunder.metadata, namespace, resourceVersion: String(++revision) },
  };
  flunders.set(keyOf(namespace, kept.metadata.name), kept);
  for (const tell of watchers) tell(type, kept);
  return kept;
}

function drop(flunder: Flunder): void {
  flunders.delete(keyOf(flunder.metadata.namespace ?? '', flunder.metadata.name));
  for (const tell of watchers) tell('DELETED', flunder);
}

const VERBS: Readonly<Record<string, (asked: Asked) => void | Promise<void>>> = {
  get: ({ response, namespace, name = '' }) => found(response, namespace, name, (one) => send(response, 200, one)),
  list: (asked) => send(asked.response, 200, { kind: 'FlunderList', apiVersion: `${GROUP}/${VERSION}`, metadata: { resourceVersion: String(revision) }, items: selected(asked) }),
  watch(asked) {
    const { response, request, namespace } = asked;
    response.writeHead(200, { 'content-type': 'application/json' });
    const tell = (type: string, object: Flunder) => {
      if (namespace === '' || object.metadata.namespace === namespace) response.write(`${JSON.stringify({ type, object })}\n`);
    };
    for (const one of selected(asked)) tell('ADDED', one);
    watchers.add(tell);
    request.on('close', () => watchers.delete(tell));
    response.flushHeaders();
  },
  async create({ request, response, namespace }) {
    const flunder = await bodyOf(request);
    if (flunders.has(keyOf(namespace, flunder.metadata.name))) return send(response, 409, status(409, 'AlreadyExists', `flunders.${GROUP} "${flunder.metadata.name}" already exists`));
    send(response, 201, keep(namespace, flunder, 'ADDED'));
  },
  async update({ request, response, namespace, name = '' }) {
    const flunder = await bodyOf(request);
    found(response, namespace, name, () => send(response, 200, keep(namespace, flunder, 'MODIFIED')));
  },
  delete: ({ response, namespace, name = '' }) => found(response, namespace, name, (one) => {
    drop(one);
    send(response, 200, status(200, '', ''));
  }),
  deletecollection(asked) {
    for (const one of selected(asked)) drop(one);
    send(asked.response, 200, status(200, '', ''));
  },
};

function found(response: ServerResponse, namespace: string, name: string, act: (one: Flunder) => void): void {
  const one = flunders.get(keyOf(namespace, name));
  if (one) act(one);
  else send(response, 404, status(404, 'NotFound', `flunders.${GROUP} "${name}" not found`));
}
