/** Lifecycle hooks: what a container wants done right after its start and right before its end. */
import type { Clock } from '../../base/clock.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { LifecycleHandler } from '../../kinds/core/probe.ts';
import type { Cri } from '../cri/cri.ts';
import { httpGet, tcpConnect, urlOf } from '../probes/http.ts';
import { httpTarget, portOf } from '../probes/target.ts';

export interface HookSubject {
  readonly container: Pick<Container, 'name' | 'ports'>;
  readonly containerId: string;
  readonly podIp: string;
}

const AGENT = 'kube-lifecycle/1.36';
const TIMEOUT = 30_000;

/** @throws Error that says what went wrong in upstream's words */
export async function runHook(handler: LifecycleHandler, { container, containerId, podIp }: HookSubject, { cri, clock, signal }: { readonly cri: Cri; readonly clock: Clock; readonly signal: AbortSignal }): Promise<void> {
  if (handler.exec) {
    const cmd = handler.exec.command ?? [];
    const { exitCode, stdout, stderr } = await cri.execSync(containerId, { cmd, timeoutSeconds: 0 }, signal);
    if (exitCode !== 0) {
      const output = Buffer.concat([stdout, stderr]).toString('utf8');
      throw new Error(`Exec lifecycle hook ([${cmd.join(' ')}]) for Container "${container.name}" failed - error: command '${cmd.join(' ')}' exited with ${exitCode}: ${output}, message: ${JSON.stringify(output)}`);
    }
    return;
  }
  if (handler.httpGet) {
    const target = httpTarget(handler.httpGet, container, { podIp, agent: AGENT });
    const answer = await httpGet(target, { timeout: TIMEOUT, clock });
    if (answer.status < 200 || answer.status >= 400) throw new Error(`HTTP lifecycle hook (${target.path}) for Container "${container.name}" failed - error: ${urlOf(target)} answered ${answer.status}, message: ${JSON.stringify(answer.body)}`);
    return;
  }
  if (handler.sleep) return clock.sleep(handler.sleep.seconds * 1000, signal);
  if (handler.tcpSocket) await tcpConnect({ host: handler.tcpSocket.host || podIp, port: portOf(handler.tcpSocket.port, container) }, { timeout: TIMEOUT, clock });
}
