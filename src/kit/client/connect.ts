import { systemClock, type Clock } from '../../base/clock.ts';
import { createClient, type Client } from '../../client/index.ts';
import { connect, type HttpTransport } from '../../wire/node/http-client.ts';
import type { ApiRequest, ApiResponse, Transport } from '../../wire/api.ts';
import { attach, exec, type CommandOptions, type Finished } from './command.ts';
import type { Credential } from './exec-credential.ts';
import { findCluster, type Target } from './load-kube-config.ts';
import { logs, type LogOptions } from './logs.ts';
import { portForward, type PortForward, type PortForwardOptions } from './port-forward.ts';

export interface ConnectOptions {
  /** A kubeconfig file; without it `$KUBECONFIG`, then `~/.kube/config`, then the pod this runs in. */
  readonly kubeconfig?: string;
  /** One of its contexts; the current one unless said. */
  readonly context?: string;
  readonly userAgent?: string;
  readonly clock?: Clock;
}

/** A pod, in the context's namespace unless said. */
export interface PodPlace {
  readonly name: string;
  readonly namespace?: string;
}

/** A cluster as one user sees it. */
export interface Connection extends AsyncDisposable {
  readonly client: Client;
  /** Requests as plain data, signed with who one is: for what no verb covers. */
  readonly transport: Transport;
  /** The context's namespace. */
  readonly namespace: string;
  /** A container's log, in pieces as they come. */
  logs(pod: PodPlace, options?: LogOptions): AsyncIterable<Uint8Array>;
  /** Runs a command in a container. Resolves when it has ended. */
  exec(pod: PodPlace, command: readonly string[], options?: CommandOptions): Promise<Finished>;
  /** Joins a container's main process. */
  attach(pod: PodPlace, options?: CommandOptions): Promise<Finished>;
  /** Listens on this machine and carries each connection to a pod's port. */
  portForward(pod: PodPlace, options: PortForwardOptions): Promise<PortForward>;
}

/** Connects as kubectl would. @throws where there is no such configuration, in client-go's words */
export async function connectCluster({ kubeconfig, context, userAgent = 'knarr-client', clock = systemClock }: ConnectOptions = {}): Promise<Connection> {
  const target = await findCluster({ clock, ...(kubeconfig === undefined ? {} : { path: kubeconfig }), ...(context === undefined ? {} : { context }) });
  const wire = new SignedTransport(target);
  const transport = Object.assign((request: ApiRequest) => wire.exchange(request), { [Symbol.asyncDispose]: () => wire.close() });
  return connectionOver(transport, { namespace: target.namespace, client: createClient(transport, { userAgent }) });
}

/** The same over any transport: that of a cluster inside a test, say. */
export function connectionOver(transport: Transport & Partial<AsyncDisposable>, given: { readonly namespace?: string; readonly client?: Client } = {}): Connection {
  const { namespace = 'default', client = createClient(transport) } = given;
  const placed = (pod: PodPlace) => ({ name: pod.name, namespace: pod.namespace ?? namespace });
  return {
    client, transport, namespace,
    logs: (pod, options = {}) => logs(client, placed(pod), options),
    exec: (pod, command, options = {}) => exec(client, placed(pod), { ...options, command }),
    attach: (pod, options = {}) => attach(client, placed(pod), options),
    portForward: (pod, options) => portForward(client, placed(pod), options),
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]?.();
    },
  };
}

/** Follows credentials as they change: another token with the next request, another certificate with another connection. */
class SignedTransport {
  readonly #target: Target;
  #shown: Credential | undefined;
  #wire: HttpTransport | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  async exchange(request: ApiRequest): Promise<ApiResponse> {
    const response = await this.#send(request);
    if (response.status !== 401 || request.body?.type === 'stream') return response;
    // A token may have been rotated, a plugin's credential revoked: once more with what holds now.
    const refused = this.#shown;
    this.#target.credentials.refused();
    const fresh = await this.#target.credentials.current();
    return fresh.token === refused?.token && fresh.cert === refused?.cert ? response : this.#send(request);
  }

  async close(): Promise<void> {
    await this.#wire?.[Symbol.asyncDispose]();
  }

  async #send(request: ApiRequest): Promise<ApiResponse> {
    const credential = await this.#target.credentials.current();
    const { token } = credential;
    const headers = { ...this.#target.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...request.headers };
    return this.#over(credential)({ ...request, headers });
  }

  #over(credential: Credential): HttpTransport {
    const changed = this.#shown?.cert !== credential.cert || this.#shown?.key !== credential.key;
    this.#shown = credential;
    if (this.#wire && !changed) return this.#wire;
    void this.#wire?.[Symbol.asyncDispose]();
    const { server, ca, serverName, insecure } = this.#target;
    this.#wire = connect({
      url: server,
      ...(ca === undefined ? {} : { ca }), ...(serverName === undefined ? {} : { serverName }), ...(insecure ? { insecure } : {}),
      ...(credential.cert === undefined || credential.key === undefined ? {} : { cert: credential.cert, key: credential.key }),
    });
    return this.#wire;
  }
}
