/** The store and admission as they are, with a watch beside them. */
import type { Clock } from '../../base/clock.ts';
import type { Driver, Txn } from '../../store/index.ts';
import type { AnyObject } from '../../meta/object.ts';
import { Admission, type AdmissionPlugin, type Attributes } from '../admission/admission.ts';
import type { Core } from '../core.ts';
import type { Replacement } from '../registry/storage.ts';
import { labels } from './family.ts';
import type { Metrics } from './metrics.ts';

/** Times what is written and what is read from history; reads served by the caches are no requests of the store. */
export function measuredDriver(driver: Driver, metrics: Metrics, clock: Clock): Driver {
  const timed = async <T>(operation: string, key: string, work: () => Promise<T>): Promise<T> => {
    const start = clock.monotonic();
    const at = labelsFor(operation, key);
    metrics.storeRequests.add(at);
    try {
      return await work();
    } catch (error) {
      metrics.storeErrors.add(at);
      throw error;
    } finally {
      metrics.storeSeconds.at(at).observe((clock.monotonic() - start) / 1000);
    }
  };
  return {
    get revision() { return driver.revision; },
    commit: (txn) => timed(operationOf(txn), txn.ops[0]?.key ?? '', () => driver.commit(txn)),
    // A range of nothing asks for the revision alone: with each read, and at no cost.
    range: (span) => (span.from === '\u0000' ? driver.range(span) : timed('list', span.from, () => driver.range(span))),
    after: (revision, signal) => driver.after(revision, signal),
    compact: (upTo) => driver.compact(upTo),
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}

function operationOf({ ops, expect }: Txn): string {
  const [first] = ops;
  if (first?.type !== 'put') return 'delete';
  return expect[first.key] === 0n ? 'create' : 'update';
}

const written = new Map<string, string>();

/** Of `/registry/GROUP/PLURAL/…`. */
function labelsFor(operation: string, key: string): string {
  const group = key.indexOf('/', 1) + 1;
  const plural = key.indexOf('/', group) + 1;
  const id = `${operation} ${key.slice(group, key.indexOf('/', plural))}`;
  const kept = written.get(id);
  if (kept !== undefined) return kept;
  const [groupName = '', resource = ''] = key.slice(group).split('/');
  const made = labels({ group: groupName === 'core' ? '' : groupName, operation, resource });
  written.set(id, made);
  return made;
}

/** Times what all plugins take together. */
export class MeasuredAdmission extends Admission {
  readonly #metrics: Metrics;
  readonly #clock: Clock;

  constructor(plugins: readonly AdmissionPlugin[], metrics: Metrics, clock: Clock) {
    super(measuredPlugins(plugins, metrics, clock));
    this.#metrics = metrics;
    this.#clock = clock;
  }

  override mutate(attributes: Attributes, core: Core): Promise<AnyObject> {
    return this.#timed('admit', attributes, super.mutate(attributes, core));
  }

  override validate(attributes: Attributes, core: Core): Promise<readonly Replacement[]> {
    return this.#timed('validate', attributes, super.validate(attributes, core));
  }

  async #timed<T>(type: string, { operation }: Attributes, work: Promise<T>): Promise<T> {
    const start = this.#clock.monotonic();
    let rejected = true;
    try {
      const result = await work;
      rejected = false;
      return result;
    } finally {
      this.#metrics.admissionSteps.at(`operation="${operation}",rejected="${rejected}",type="${type}"`).observe((this.#clock.monotonic() - start) / 1000);
    }
  }
}

/** Times each plugin. */
function measuredPlugins(plugins: readonly AdmissionPlugin[], metrics: Metrics, clock: Clock): readonly AdmissionPlugin[] {
  return plugins.map((plugin): AdmissionPlugin => {
    const { name, mutate, validate } = plugin;
    const observe = ({ operation }: Attributes, type: string, { start, rejected }: { start: number; rejected: boolean }) =>
      metrics.admissionPlugins.at(`name="${name}",operation="${operation}",rejected="${rejected}",type="${type}"`).observe((clock.monotonic() - start) / 1000);
    const timed = <T>(type: string, attributes: Attributes, work: () => T | Promise<T>): T | Promise<T> => {
      const start = clock.monotonic();
      let result: T | Promise<T>;
      try {
        result = work();
      } catch (error) {
        observe(attributes, type, { start, rejected: true });
        throw error;
      }
      if (!(result instanceof Promise)) {
        observe(attributes, type, { start, rejected: false });
        return result;
      }
      return result.then((value) => {
        observe(attributes, type, { start, rejected: false });
        return value;
      }, (error: unknown) => {
        observe(attributes, type, { start, rejected: true });
        throw error;
      });
    };
    return {
      ...plugin,
      ...(mutate ? { mutate: (attributes, core) => timed('admit', attributes, () => mutate(attributes, core)) } : {}),
      ...(validate ? { validate: (attributes, core) => timed('validate', attributes, () => validate(attributes, core)) } : {}),
    };
  });
}
