import type { Core } from '../core.ts';
import { wholeText } from '../whole-text.ts';
import { timeLimit } from '../webhook/client.ts';

/** A discovery document and a set of keys are small. */
const MAX_BYTES = 1 << 20;
const PATIENCE = 30_000;

/** Reads JSON at HTTPS addresses of token issuers, the way webhooks are asked. */
export const issuerReader = ({ config, clock }: Pick<Core, 'config' | 'clock'>) => async (address: string, caPem: string | undefined): Promise<unknown> => {
  const { askBackend } = config;
  const failed = (why: string): Error => new Error(`Get ${JSON.stringify(address)}: ${why}`);
  const { protocol, host, hostname, port, pathname, search } = new URL(address);
  if (protocol !== 'https:') throw failed('URL scheme must be https');
  if (!askBackend) throw failed('no way to reach issuers is configured');
  const name = hostname.replace(/^\[|\]$/g, '');
  using limit = timeLimit({ clock }, { timeout: PATIENCE });
  const target = { host: name, port: Number(port || 443), serverName: name, ...(caPem === undefined ? {} : { caBundle: caPem }) };
  const response = await limit.bound(askBackend(target, { method: 'GET', url: pathname + search, signal: limit.signal, peer: { address: 'in-process' }, headers: { host, accept: 'application/json' } }));
  const text = await limit.bound(wholeText(response.body, MAX_BYTES));
  if (response.status !== 200) throw failed(`${response.status}: ${text.slice(0, 200)}`);
  return JSON.parse(text);
};
