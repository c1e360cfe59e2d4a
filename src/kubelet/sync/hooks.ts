/** Lifecycle hooks: what a container wants done right after its start and right before its end. */
import type { Clock } from '../../base/clock.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { HTTPGetAction, LifecycleHandler } from '../../kinds/core/probe.ts';
import type { Cri } from '../cri/cri.ts';
import { HTTP_ANSWER, httpGet } from '../probes/http.ts';
import { httpTarget } from '../probes/target.ts';

export interface HookSubject {
  readonly container: Pick<Container, 'name' | 'ports'>;
  readonly containerId: string;
  readonly podIp: string;
}

export interface HookContext {
  readonly cri: Cri;
  readonly clock: Clock;
  readonly tell: (container: string, event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }) => void;
  /** The only limit: a hook takes as long as it takes. */
  readonly signal: AbortSignal;
}

const AGENT = 'kube-lifecycle/1.36';

/** @throws Error that says what went wrong in upstream's words */
export async function runHook(handler: LifecycleHandler, subject: HookSubject, at: HookContext): Promise<void> {
  if (handler.exec) return runCommand(handler.exec.command ?? [], subject, at);
  if (handler.httpGet) return request(handler.httpGet, subject, at);
  if (handler.sleep) return at.clock.sleep(handler.sleep.seconds * 1000, at.signal);
  // tcpSocket has never been one.
  throw new Error('invalid handler');
}

async function runCommand(cmd: readonly string[], { container, containerId }: HookSubject, { cri, signal }: HookContext): Promise<void> {
  const { exitCode, stdout, stderr } = await cri.execSync(containerId, { cmd, timeoutSeconds: 0 }, signal);
  if (exitCode === 0) return;
  const output = Buffer.concat([stdout, stderr]).toString('utf8');
  throw new Error(`Exec lifecycle hook ([${cmd.join(' ')}]) for Container "${container.name}" failed - error: command '${cmd.join(' ')}' exited with ${exitCode}: ${output}, message: ${JSON.stringify(output)}`);
}

/** That an answer came is all that counts, whatever it says. Hooks once were HTTP whatever their scheme: servers that still are get what they understand. */
async function request(action: HTTPGetAction, { container, podIp }: HookSubject, { clock, tell, signal }: HookContext): Promise<void> {
  const target = httpTarget({ ...action, port: action.port === '' ? 80 : action.port }, container, { podIp, agent: AGENT });
  try {
    await httpGet(target, { clock, signal });
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes(HTTP_ANSWER)) throw error;
    const { authorization: _, ...headers } = target.headers;
    await httpGet({ ...target, scheme: 'http', headers }, { clock, signal }).catch(() => {
      throw error;
    });
    tell(container.name, { type: 'Warning', reason: 'LifecycleHTTPFallback', message: `request to HTTPS lifecycle hook ${target.host}:${target.port} got HTTP response, retry with HTTP succeeded` });
  }
}
