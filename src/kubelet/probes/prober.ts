/** Asks a container once how it is. */
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { Probe } from '../../kinds/core/probe.ts';
import { isCriError } from '../cri/cri.ts';
import type { Cri } from '../cri/cri.ts';
import { grpcHealth } from './grpc-health.ts';
import { httpGet, tcpConnect } from './http.ts';
import type { HttpAnswer } from './http.ts';
import { httpTarget, portOf } from './target.ts';

export interface ProbeAnswer {
  /** `warning`: a success that deserves a word. `unknown`: the probe itself could not be made. */
  readonly result: 'success' | 'warning' | 'failure' | 'unknown';
  readonly output: string;
}

export interface ProbeSubject {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

export type Prober = (probe: Probe, subject: ProbeSubject) => Promise<ProbeAnswer>;

const AGENT = 'kube-probe/1.36';
const success = (output = ''): ProbeAnswer => ({ result: 'success', output });
const failure = (output: string): ProbeAnswer => ({ result: 'failure', output });
export function createProber({ cri, clock }: { readonly cri: Cri; readonly clock: Clock }): Prober {
  return async (probe, subject) => {
    const { container, containerId, podIp } = subject;
    const within = { timeout: (probe.timeoutSeconds ?? 1) * 1000, clock };
    try {
      if (probe.exec) return await execProbe(cri, { containerId, cmd: probe.exec.command ?? [], timeoutSeconds: probe.timeoutSeconds ?? 1 });
      if (probe.httpGet) {
        const target = httpTarget(probe.httpGet, container, { podIp, agent: AGENT });
        const answer = await httpGet(target, within).catch((error: unknown) => failure(messageOf(error)));
        if ('result' in answer) return answer;
        return httpVerdict(answer);
      }
      if (probe.tcpSocket) {
        const at = { host: probe.tcpSocket.host || podIp, port: portOf(probe.tcpSocket.port, container) };
        return await tcpConnect(at, within).then(() => success(), (error: unknown) => failure(messageOf(error)));
      }
      if (probe.grpc) {
        const host = podIp.includes(':') ? `[${podIp}]` : podIp;
        const why = await grpcHealth({ address: `${host}:${probe.grpc.port}`, service: probe.grpc.service ?? '' }, within);
        return why === undefined ? success() : failure(why);
      }
      return { result: 'unknown', output: `missing probe handler for ${container.name}` };
    } catch (error) {
      return { result: 'unknown', output: messageOf(error) };
    }
  };
}

/** A redirect that was not followed leads to another host. */
function httpVerdict({ status, body }: HttpAnswer): ProbeAnswer {
  if (status < 200 || status >= 400) return failure(`HTTP probe failed with statuscode: ${status}`);
  return status < 300 ? success(body) : { result: 'warning', output: `Probe terminated redirects, Response body: ${body}` };
}

const MOST_OUTPUT_BYTES = 10 * 1024;

async function execProbe(cri: Cri, { containerId, cmd, timeoutSeconds }: { readonly containerId: string; readonly cmd: readonly string[]; readonly timeoutSeconds: number }): Promise<ProbeAnswer> {
  try {
    const { stdout, stderr, exitCode } = await cri.execSync(containerId, { cmd, timeoutSeconds });
    const output = Buffer.concat([stdout, stderr]).subarray(0, MOST_OUTPUT_BYTES).toString('utf8');
    return exitCode === 0 ? success(output) : failure(output);
  } catch (error) {
    if (isCriError(error, 'DeadlineExceeded') || (isCriError(error) && /timeout .* exceeded/.test(error.description))) {
      return failure(`command timed out: "${cmd.join(' ')}" timed out after ${timeoutSeconds}s`);
    }
    throw error;
  }
}
