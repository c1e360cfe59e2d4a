import { messageOf } from '../../base/message-of.ts';
import type { StatefulSet } from '../../kinds/apps/stateful-set.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { slowStart, type Context } from '../runtime/index.ts';
import type { Birth, Plan } from './plan.ts';

/** Does what was planned, telling of each deed by an Event. @returns the first failure, for the status is written all the same */
export async function carryOut(todo: Plan, set: StatefulSet, context: Context): Promise<{ readonly cause: unknown } | undefined> {
  const deeds = new Deeds(set, context);
  try {
    const { failure } = await slowStart(todo.create.length, (index) => deeds.bear(todo.create[index]!));
    if (failure !== undefined) throw failure;
    for (const { pod, claim } of todo.claims) await deeds.makeClaim(claim, pod);
    for (const pod of todo.relabel) await deeds.tell('update', pod.metadata.name, () => context.client.update(Pod, pod));
    for (const claim of todo.reown) await context.client.update(PersistentVolumeClaim, claim);
    const removed = await Promise.allSettled(todo.remove.map((pod) => deeds.remove(pod)));
    const refused = removed.find((result) => result.status === 'rejected');
    return refused && { cause: refused.reason };
  } catch (cause) {
    return { cause };
  }
}

class Deeds {
  readonly #set: StatefulSet;
  readonly #context: Context;

  constructor(set: StatefulSet, context: Context) {
    this.#set = set;
    this.#context = context;
  }

  async bear({ pod, claims }: Birth): Promise<void> {
    const name = pod.metadata!.name!;
    await this.tell('create', name, async () => {
      for (const claim of claims) await this.makeClaim(claim, name);
      await this.#context.client.create(Pod, pod);
    });
  }

  async makeClaim(claim: DeepPartial<PersistentVolumeClaim>, pod: string): Promise<void> {
    const subject = `create Claim ${claim.metadata!.name} Pod ${pod} in StatefulSet ${this.#set.metadata.name}`;
    try {
      await this.#context.client.create(PersistentVolumeClaim, claim);
      this.#event('Normal', 'SuccessfulCreate', `${subject} success`);
    } catch (error) {
      if (isApiError(error, 'AlreadyExists')) return;
      if (!isNamespaceTerminating(error)) this.#event('Warning', 'FailedCreate', `${subject.replace(' Pod', ' for Pod')} failed error: ${messageOf(error)}`);
      throw error;
    }
  }

  remove(pod: Pod): Promise<void> {
    return this.tell('delete', pod.metadata.name, () => this.#context.client.remove(Pod, pod));
  }

  /** Does a deed to a pod and tells how it went; one that did nothing says false. What lost a race is tried again unremarked. */
  async tell(verb: 'create' | 'update' | 'delete', pod: string, act: () => Promise<unknown>): Promise<void> {
    const subject = `${verb} Pod ${pod} in StatefulSet ${this.#set.metadata.name}`;
    const reason = verb[0]!.toUpperCase() + verb.slice(1);
    try {
      if ((await act()) !== false) this.#event('Normal', `Successful${reason}`, `${subject} successful`);
    } catch (error) {
      const raced = isApiError(error, 'AlreadyExists', 'Conflict') || isNamespaceTerminating(error);
      if (!raced) this.#event('Warning', `Failed${reason}`, `${subject} failed error: ${messageOf(error)}`);
      if (!isNamespaceTerminating(error)) throw error;
    }
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.events.event(this.#set, type, reason, message);
  }
}
