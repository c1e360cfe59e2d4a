import { readBytes } from '../../../src/client/index.ts';
import type { Container } from '../../../src/kinds/core/container.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import { pathOf } from '../../../src/meta/resource.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import { isReady, isTerminalPhase } from '../../../src/rules/pod-conditions.ts';
import { Unmet } from './assert.ts';
import type { Context, Patience } from './context.ts';
import { execute, type ExecResult } from './exec.ts';

/** A pod as a test asks for it; `sh` is what its one container runs, unless `containers` are given. */
export interface PodRequest {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly sh?: string;
  readonly container?: DeepPartial<Container>;
  readonly spec?: DeepPartial<Pod['spec']>;
}

/** Pods in a test's namespace. */
export class Pods {
  readonly #t: Context;

  constructor(t: Context) {
    this.#t = t;
  }

  /** A container of the test image that runs a shell script. */
  container(name: string, sh: string, more: DeepPartial<Container> = {}): DeepPartial<Container> {
    return { name, image: this.#t.shared.image, imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', sh], ...more };
  }

  object({ name, namespace, labels, annotations, sh = 'sleep 3600', container, spec }: PodRequest): DeepPartial<Pod> & { metadata: { name: string } } {
    return {
      metadata: {
        name: name ?? this.#t.name('pod'), namespace: namespace ?? this.#t.namespace,
        ...(labels && { labels }), ...(annotations && { annotations }),
      },
      spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [this.container('main', sh, container)], ...spec },
    };
  }

  create(request: PodRequest): Promise<Pod> {
    const object = this.object(request);
    return this.#t.client.create(Pod, object, { namespace: request.namespace ?? this.#t.namespace, signal: this.#t.signal });
  }

  get(name: string, namespace = this.#t.namespace): Promise<Pod> {
    return this.#t.client.get(Pod, name, { namespace, signal: this.#t.signal });
  }

  async list(labelSelector?: string): Promise<readonly Pod[]> {
    const { items } = await this.#t.client.list(Pod, { namespace: this.#t.namespace, ...(labelSelector && { labelSelector }), signal: this.#t.signal });
    return items;
  }

  /** Until `is` holds of the pod. */
  until(name: string, what: string, is: (pod: Pod) => boolean, patience: Patience = {}): Promise<Pod> {
    return this.#t.eventually(`pod ${name} ${what}`, async () => {
      const pod = await this.get(name);
      return is(pod) && pod;
    }, patience);
  }

  untilRunning(name: string, patience?: Patience): Promise<Pod> {
    return this.#untilOrEnded(name, 'is running', ({ status }) => status.phase === 'Running', patience);
  }

  untilReady(name: string, patience?: Patience): Promise<Pod> {
    return this.#untilOrEnded(name, 'is ready', isReady, patience);
  }

  /** Until it has ended, well or not. */
  untilEnded(name: string, patience?: Patience): Promise<Pod> {
    return this.until(name, 'has ended', ({ status }) => isTerminalPhase(status.phase), patience);
  }

  async untilGone(name: string, patience?: Patience): Promise<void> {
    await this.#t.gone(`pod ${name}`, () => this.get(name), patience);
  }

  async running(request: PodRequest): Promise<Pod> {
    const { metadata } = await this.create(request);
    return this.untilRunning(metadata.name);
  }

  async ready(request: PodRequest): Promise<Pod> {
    const { metadata } = await this.create(request);
    return this.untilReady(metadata.name);
  }

  /** Runs a pod to its end and gives what it wrote. @throws when it fails */
  async output(request: PodRequest, patience?: Patience): Promise<string> {
    const { metadata } = await this.create(request);
    const pod = await this.untilEnded(metadata.name, patience);
    const log = await this.log(metadata.name);
    if (pod.status.phase !== 'Succeeded') throw new Unmet(`pod ${metadata.name} ended as ${pod.status.phase}: ${pod.status.message ?? ''} ${log.slice(-500)}`);
    return log;
  }

  /** @param query beyond the container: `tailLines=1` */
  async log(name: string, container = '', query = ''): Promise<string> {
    const at = pathOf(Pod, { namespace: this.#t.namespace, name, subresource: 'log' });
    const parameters = [container && `container=${container}`, query].filter(Boolean).join('&');
    const response = await this.#t.client.request({ method: 'GET', url: parameters ? `${at}?${parameters}` : at, signal: this.#t.signal });
    return readBytes(response.body);
  }

  exec(name: string, command: readonly string[], container?: string): Promise<ExecResult> {
    const { access } = this.#t.shared;
    return execute(access, { namespace: this.#t.namespace, pod: name, command, ...(container && { container }) }, this.#t.signal);
  }

  /** What a shell script writes. @throws when it fails */
  async sh(name: string, script: string, container?: string): Promise<string> {
    const { stdout, stderr, code } = await this.exec(name, ['sh', '-c', script], container);
    if (code !== 0) throw new Unmet(`in pod ${name}: "${script}" exited with ${code}: ${stderr.slice(-500)}`);
    return stdout;
  }

  async delete(name: string, gracePeriodSeconds?: number): Promise<void> {
    const options = { namespace: this.#t.namespace, ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }), signal: this.#t.signal };
    await this.#t.client.delete(Pod, name, options);
  }

  #untilOrEnded(name: string, what: string, is: (pod: Pod) => boolean, patience: Patience = { seconds: 90 }): Promise<Pod> {
    return this.#t.eventually(`pod ${name} ${what}`, async () => {
      const pod = await this.get(name);
      if (is(pod)) return pod;
      if (isTerminalPhase(pod.status.phase)) throw new Unmet(`pod ${name} ended as ${pod.status.phase} before it was so: ${what}; ${pod.status.message ?? ''}`);
      return false;
    }, patience);
  }
}
