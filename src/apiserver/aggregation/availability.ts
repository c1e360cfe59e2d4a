/** Whether an extension API server can be asked: the condition Available of its APIService. */
import { onAbort } from '../../base/abort.ts';
import type { Millis } from '../../base/clock.ts';
import { failureWords } from '../connect/forwarding.ts';
import type { Core } from '../core.ts';
import { LOOPBACK } from '../bootstrap/send.ts';
import { hasEndpoints, serviceEndpoint } from '../webhook/target.ts';
import type { Remote } from './api-services.ts';
import { askRemote, ownBackend } from './backend.ts';

export interface Availability {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

const PATIENCE: Millis = 6000;
const PASSED: Availability = { status: 'True', reason: 'Passed', message: 'all checks passed' };
const no = (reason: string, message: string): Availability => ({ status: 'False', reason, message });

type Around = Pick<Core, 'config' | 'resources' | 'random' | 'clock'>;

interface ServiceSpec {
  readonly type?: string;
  readonly ports?: readonly { readonly name?: string; readonly port: number }[];
}

/** Looks at the Service, then at its endpoints, then asks for the group version's discovery. */
export async function checkAvailability(around: Around, remote: Remote): Promise<Availability> {
  if (ownBackend(around, remote)) return PASSED;
  return serviceProblem(around, remote) ?? (await discoveryProblem(around, remote)) ?? PASSED;
}

function serviceProblem(around: Around, { service: ref }: Remote): Availability | undefined {
  const { namespace, name, port } = ref;
  const what = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = around.resources.of('', 'services')?.cache.object(namespace, name);
  if (!service) return no('ServiceNotFound', `${what} is not present`);
  const { type = 'ClusterIP', ports = [] } = service['spec'] as ServiceSpec;
  if (type === 'ExternalName') return undefined;
  const found = ports.find((one) => one.port === port);
  if (!found) return no('ServicePortError', `${what} is not listening on port ${port}`);
  if (hasEndpoints(around, ref, found.name ?? '')) return undefined;
  return no('MissingEndpoints', `endpoints for ${what} have no addresses with port name ${JSON.stringify(found.name ?? '')}`);
}

async function discoveryProblem(around: Around, remote: Remote): Promise<Availability | undefined> {
  const { group, version, service } = remote;
  const path = `/apis/${group}/${version}`;
  let url = path;
  const failing = (why: string) => no('FailedDiscoveryCheck', why);
  try {
    const { host, port } = serviceEndpoint(around, service);
    url = `https://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
    const { status } = await patiently(around, (signal) => askRemote(around, remote, {
      user: LOOPBACK, request: { method: 'GET', url: path, headers: { accept: 'application/json' }, peer: { address: 'in-process' }, signal },
    }));
    return status >= 200 && status < 300 ? undefined : failing(`failing or missing response from ${url}: bad status from ${url}: ${status}`);
  } catch (error) {
    if (error instanceof TooLate) return failing(`failing or missing response from ${url}: Get ${JSON.stringify(url)}: context deadline exceeded`);
    return failing(`failing or missing response from ${url}: Get ${JSON.stringify(url)}: ${failureWords(error)}`);
  }
}

class TooLate extends Error {}

/** What comes of it, or TooLate: whatever hangs, and whatever of an answer was not read, is let go. */
export async function patiently<T>(around: Pick<Core, 'clock'>, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const timer = around.clock.after(PATIENCE, () => over.abort(new TooLate()));
  try {
    return await new Promise((resolve, reject) => {
      const waiting = onAbort(over.signal, () => reject(over.signal.reason));
      ask(over.signal).then(resolve, (error: unknown) => reject(over.signal.aborted ? over.signal.reason : error)).finally(() => waiting[Symbol.dispose]());
    });
  } finally {
    timer[Symbol.dispose]();
    over.abort();
  }
}
