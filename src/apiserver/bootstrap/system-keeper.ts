import type { Millis } from '../../base/clock.ts';
import type { ApiHandler } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import { ensure } from './run.ts';
import { namespaceObjects, systemObjects } from './system-objects.ts';

const DELAY: Millis = 1000;
/** Upstream makes these once; who changes them means it. */
const LEFT_ALONE = 'priorityclasses';

/** Brings back what no cluster can be without when it was deleted or changed: the system's namespaces, `default/kubernetes`, how others authenticate callers. */
export function startSystemKeeper(core: Core, handler: ApiHandler): Disposable {
  const { clock, log, resources } = core;
  const wanted = [...namespaceObjects(), ...systemObjects(core.config)].filter(({ plural }) => plural !== LEFT_ALONE);
  let timer: Disposable | undefined;
  const look = () => {
    timer ??= clock.after(DELAY, () => {
      timer = undefined;
      keep().catch((error: unknown) => {
        if (core.stopping.aborted) return;
        log.warn('the system\'s own objects could not be kept', { error: String(error) });
        look();
      });
    });
  };
  const keep = async () => {
    for (const one of wanted) await ensure(core, handler, one);
  };
  const following = [...new Set(wanted.map(({ group, plural }) => resources.of(group, plural)))].flatMap((served) => {
    if (!served) return [];
    const keys = new Set(wanted.filter(({ plural }) => plural === served.kind.plural).map(({ object: { metadata } }) => served.codec.keyOf(metadata.namespace ?? '', metadata.name)));
    return [served.cache.onChange(({ version }) => {
      if (keys.has(version.key)) look();
    })];
  });
  return {
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]();
      for (const one of following) one[Symbol.dispose]();
    },
  };
}
