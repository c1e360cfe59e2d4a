/** A whole kubelet in memory: an API server, a pretended runtime, a clock that tests move; only its files are real. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApi, ADMIN } from '../../apiserver/testing/start-api.ts';
import { ManualClock, settle } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { createClient, createInformers } from '../../client/index.ts';
import type { Client } from '../../client/index.ts';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { Event } from '../../kinds/core/event.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { ServiceAccount } from '../../kinds/core/service-account.ts';
import { builtinKinds } from '../../kinds/index.ts';
import type { Millis } from '../../base/clock.ts';
import type { DeepPartial } from '../../meta/object.ts';
import type { ApiRequest } from '../../wire/api.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import type { FakeCriOptions } from '../cri/fake-cri.ts';
import { startKubelet } from '../kubelet.ts';
import type { KubeletOptions } from '../options.ts';
import { mortal, mortalClock, mortalCri } from './mortal.ts';
import type { Life, OnCall } from './mortal.ts';

export const IMAGE = 'knarr.local/busybox:1';

export interface TestNode extends AsyncDisposable {
  readonly client: Client;
  readonly clock: ManualClock;
  readonly cri: FakeCri;
  readonly rootDir: string;
  /** Where static pods' manifests are looked for; made by whoever needs it. */
  readonly manifests: string;
  /** Whether the API server answers. */
  reachable(yes: boolean): void;
  run(name: string, spec: DeepPartial<Pod['spec']>): Promise<Pod>;
  pod(name: string): Promise<Pod | undefined>;
  /** Moves time on, a little at a time, until the answer is truthy. @throws after a minute of the clock */
  until<T>(what: string, check: () => Promise<T> | T): Promise<NonNullable<T>>;
  untilPod(name: string, check: (pod: Pod) => unknown): Promise<Pod>;
  events(name: string): Promise<readonly string[]>;
  restart(): Promise<void>;
  /** The kubelet is killed where it stands, and another one started. */
  crash(): Promise<void>;
  /** What is to happen around the kubelet's calls of the runtime. */
  onCall: OnCall;
  /** The wall's clock is put forward, or back; none that measures time moves. */
  jump(by: Millis): void;
  /** The node's machine is about to stop. Resolves when the kubelet says that its pods have ended. */
  shutdown(): Promise<void>;
}

export async function startTestNode(options: Partial<FakeCriOptions> = {}, more: Partial<KubeletOptions> = {}): Promise<TestNode> {
  const clock = new ManualClock();
  const random = seededRandom(1);
  const api = await startApi({ kinds: builtinKinds, clock });
  let reachable = true;
  let jumped = 0;
  let onCall: OnCall = () => {};
  const ask = (request: ApiRequest) => api.server.handler({ ...request, peer: { address: 'in-process', user: ADMIN }, wantsObjects: true });
  const client = createClient(ask);
  const namespace = 'default';
  await client.create(ServiceAccount, { metadata: { name: 'default', namespace } });
  await client.create(ConfigMap, { metadata: { name: 'kube-root-ca.crt', namespace }, data: { 'ca.crt': 'CERTIFICATE' } });
  const dir = await mkdtemp(join(tmpdir(), 'knarr-node-'));
  const cri = new FakeCri({ clock: mortalClock(clock, { alive: true }, () => jumped), random, images: [IMAGE], ...options });
  /** Files are read and written in real time: give them some between two moves of the clock. */
  const breathe = async () => {
    for (let breath = 0; breath < 5; breath++) {
      await settle(5);
      await stat(dir);
    }
  };
  const start = async () => {
    const life: Life = { alive: true };
    const own = mortalClock(clock, life, () => jumped);
    const kubeletClient = createClient(mortal(life, async (request: ApiRequest) => {
      if (!reachable) throw new Error('connect ECONNREFUSED');
      return ask(request);
    }));
    const informers = createInformers(kubeletClient, { clock: own, random, log: silent });
    const starting = startKubelet({
      client: kubeletClient, informers, clock: own, random, log: silent, cri: mortalCri(cri, life, (call, when) => onCall(call, when)),
      nodeName: 'node-1', nodeIp: '192.0.2.1', hostname: 'node-1', clusterDomain: 'cluster.local', clusterDns: ['10.96.0.10'], rootDir: dir, logDir: join(dir, 'logs'), cgroupRoot: '/none', staticPods: { path: join(dir, 'manifests'), fileCheckPeriod: 20_000, httpCheckPeriod: 20_000 }, ...more,
    });
    let up = false;
    void starting.then(() => (up = true), () => (up = true));
    const move = async () => {
      await clock.advance(10);
      await breathe();
    };
    // Without the API it is never done starting, and works all the same.
    for (let moves = 0; !up && (reachable || moves < 500); moves++) await move();
    return {
      starting, move, life,
      async stop() {
        while (!up) await move();
        await (await starting)[Symbol.asyncDispose]();
        await informers[Symbol.asyncDispose]();
      },
    };
  };
  let running = await start();
  const pod = (name: string) => client.get(Pod, name, { namespace }).catch(() => undefined);
  const until: TestNode['until'] = async (what, check) => {
    for (let moved = 0; moved < 300_000; moved += 100) {
      const answer = await check();
      if (answer) return answer;
      await clock.advance(100);
      await breathe();
    }
    throw new Error(`not within five minutes: ${what}`);
  };
  return {
    client, clock, cri, rootDir: dir, manifests: join(dir, 'manifests'), pod, until,
    reachable: (yes) => void (reachable = yes),
    jump: (by) => void (jumped += by),
    get onCall() {
      return onCall;
    },
    set onCall(next) {
      onCall = next;
    },
    run: (name, spec) => client.create(Pod, { metadata: { name, namespace }, spec: { nodeName: 'node-1', automountServiceAccountToken: false, ...spec } }),
    untilPod: (name, check) => until(`pod ${name}`, async () => {
      const found = await pod(name);
      return found && check(found) ? found : undefined;
    }),
    events: async (name) => (await client.list(Event, { namespace })).items.filter(({ involvedObject }) => involvedObject.name === name).map(({ reason, message }) => `${reason}: ${message}`),
    async restart() {
      await running.stop();
      running = await start();
    },
    async crash() {
      running.life.alive = false;
      running = await start();
    },
    async shutdown() {
      const { starting, move } = running;
      let done = false;
      void (await starting).shutdown().finally(() => (done = true));
      while (!done) await move();
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      await api[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
