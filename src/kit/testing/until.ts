import type { Clock, Millis } from '../../base/clock.ts';
import type { Informers } from '../../client/index.ts';
import type { InstanceOf, Resource } from '../../meta/resource.ts';

const WITHIN: Millis = 30_000;

interface Wanted<R extends Resource> {
  readonly resource: R;
  readonly at: { readonly name: string; readonly namespace?: string; readonly within?: Millis };
  readonly condition: (object: InstanceOf<R>) => boolean;
}

/** Waits for an object by watching, never by asking again and again. */
export function until<R extends Resource>(
  { informers, clock }: { readonly informers: Informers; readonly clock: Clock }, { resource, at, condition }: Wanted<R>,
): Promise<InstanceOf<R>> {
  const informer = informers.for(resource);
  return new Promise((resolve, reject) => {
    const look = () => {
      const object = informer.lister.get(at.name, at.namespace);
      if (object === undefined || !condition(object)) return;
      end();
      resolve(object);
    };
    const timer = clock.after(at.within ?? WITHIN, () => {
      end();
      const last = informer.lister.get(at.name, at.namespace);
      const where = at.namespace === undefined ? at.name : `${at.namespace}/${at.name}`;
      reject(new Error(`${resource.kind} ${where} is not as awaited: ${last === undefined ? 'it does not exist' : JSON.stringify(last)}`));
    });
    const handler = informer.addHandler({ onProgress: look });
    const end = () => {
      timer[Symbol.dispose]();
      handler[Symbol.dispose]();
    };
    look();
  });
}
