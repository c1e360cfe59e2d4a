import type { DialTarget, KubeletAddress } from '../../apiserver/index.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { connect, type ConnectOptions, type HttpTransport } from '../../wire/node/http-client.ts';
import type { KeyPair } from '../../wire/node/issue.ts';

/** Connections by where they lead, made on first use and kept. */
class Connections implements AsyncDisposable {
  #options: Omit<ConnectOptions, 'url'>;
  readonly #open = new Map<string, HttpTransport>();

  constructor(options: Omit<ConnectOptions, 'url'>) {
    this.#options = options;
  }

  to(url: string): HttpTransport {
    let transport = this.#open.get(url);
    if (!transport) this.#open.set(url, (transport = connect({ ...this.#options, url })));
    return transport;
  }

  setIdentity(pair: KeyPair): void {
    this.#options = { ...this.#options, ...pair };
    for (const transport of this.#open.values()) transport.setIdentity(pair);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map((transport) => transport[Symbol.asyncDispose]()));
  }
}

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

export type KubeletDialer = ((node: KubeletAddress, request: ApiRequest) => Promise<ApiResponse>) & AsyncDisposable & { setIdentity(pair: KeyPair): void };

/** Asks kubelets as the API server's own client; a node is known by its address in its certificate. */
export function kubeletDialer(identity: KeyPair & { readonly ca: string }): KubeletDialer {
  const connections = new Connections(identity);
  const ask = ({ address, port }: KubeletAddress, request: ApiRequest) => connections.to(`https://${inUrl(address)}:${port}`)(request);
  return Object.assign(ask, { setIdentity: (pair: KeyPair) => connections.setIdentity(pair), [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose]() });
}

export type Dialer = ((target: DialTarget, request: ApiRequest) => Promise<ApiResponse>) & AsyncDisposable;

/** Asks pods and Services for the proxy subresources, which trust whatever certificate they show, as upstream does. */
export function dialer(): Dialer {
  const connections = new Connections({ insecure: true });
  const ask = ({ scheme, host, port }: DialTarget, request: ApiRequest) => connections.to(`${scheme}://${inUrl(host)}:${port}`)(request);
  return Object.assign(ask, { [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose]() });
}
