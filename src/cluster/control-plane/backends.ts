import { isIP } from 'node:net';
import type { BackendTarget } from '../../apiserver/index.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { connect, type HttpTransport } from '../../wire/node/http-client.ts';
import type { KeyPair } from '../../wire/node/issue.ts';

/** Servers whose connections are kept; those not asked for longest give way. */
const MAX_KEPT = 256;

interface Kept {
  readonly transport: HttpTransport;
  readonly asProxy: boolean;
  asked: number;
}

export type BackendDialer = ((target: BackendTarget, request: ApiRequest) => Promise<ApiResponse>) & AsyncDisposable & { setIdentity(pair: KeyPair): void };

/** Asks webhooks and extension API servers over connections that are kept. @param proxy what the front proxy shows of itself, where there is one */
export function backendDialer(proxy?: KeyPair): BackendDialer {
  const kept = new Map<string, Kept>();
  let shown = proxy;
  const ask = async (target: BackendTarget, request: ApiRequest): Promise<ApiResponse> => {
    const one = transportTo(kept, target, shown);
    one.asked++;
    try {
      return await one.transport(request);
    } finally {
      one.asked--;
    }
  };
  return Object.assign(ask, {
    setIdentity(pair: KeyPair) {
      shown = pair;
      for (const { asProxy, transport } of kept.values()) if (asProxy) transport.setIdentity(pair);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...kept.values()].map(({ transport }) => transport[Symbol.asyncDispose]()));
    },
  });
}

function transportTo(kept: Map<string, Kept>, target: BackendTarget, proxy?: KeyPair): Kept {
  const { host, port, serverName, caBundle, insecure, asProxy, identity } = target;
  const id = JSON.stringify([host, port, serverName, caBundle, insecure, asProxy, identity]);
  const one = kept.get(id) ?? {
    transport: connect({
      url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, http1: true, streamsAnswers: true,
      ...(isIP(serverName) === 0 ? { serverName } : {}), ...(caBundle === undefined ? {} : { ca: caBundle }), ...(insecure ? { insecure } : {}), ...(asProxy ? proxy : {}), ...identity,
    }),
    asProxy: asProxy === true,
    asked: 0,
  };
  kept.delete(id);
  kept.set(id, one);
  if (kept.size > MAX_KEPT) dropOldest(kept);
  return one;
}

function dropOldest(kept: Map<string, Kept>): void {
  for (const [id, { asked, transport }] of kept) {
    if (asked > 0) continue;
    kept.delete(id);
    void transport[Symbol.asyncDispose]();
    return;
  }
}
