/** A kubelet that can be killed: what it does and hears goes through here, and from one moment on nothing does. */
import type { Clock } from '../../base/clock.ts';
import type { Cri } from '../cri/cri.ts';

export interface Life {
  alive: boolean;
}

const forever = (): Promise<never> => new Promise(() => {});

/** Told of each call that changes something, before the runtime hears of it and after it has answered. */
export type OnCall = (call: string, when: 'before' | 'after') => Promise<void> | void;

const CHANGING: readonly string[] = ['runPodSandbox', 'stopPodSandbox', 'removePodSandbox', 'createContainer', 'startContainer', 'stopContainer', 'removeContainer', 'execSync', 'pullImage'];

export function mortalCri(cri: Cri, life: Life, onCall: OnCall): Cri {
  return new Proxy(cri, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== 'function' || typeof name === 'symbol' || name === 'exits') return typeof own === 'function' ? own.bind(target) : own;
      return async (...args: unknown[]): Promise<unknown> => {
        const tells = CHANGING.includes(name);
        if (!life.alive) return forever();
        if (tells) await onCall(name, 'before');
        // Killed before the request left.
        if (!life.alive) return forever();
        const answer: unknown = await Reflect.apply(own, target, args);
        if (tells) await onCall(name, 'after');
        return life.alive ? answer : forever();
      };
    },
  });
}

/** Its timers end with it. */
export function mortalClock(clock: Clock, life: Life, jumped: () => number): Clock {
  const mortal: Clock = {
    now: () => clock.now() + jumped(),
    monotonic: () => clock.monotonic(),
    after: (delay, fire) => clock.after(delay, () => {
      if (life.alive) fire();
    }),
    sleep: (delay, signal) => clock.sleep(delay, signal).then(() => (life.alive ? undefined : forever())),
  };
  return mortal;
}

/** Requests of the dead reach nobody, and answers find nobody. */
export const mortal = <A extends unknown[], R>(life: Life, ask: (...args: A) => Promise<R>) => async (...args: A): Promise<R> => {
  if (!life.alive) return forever();
  const answer = await ask(...args);
  return life.alive ? answer : forever();
};
