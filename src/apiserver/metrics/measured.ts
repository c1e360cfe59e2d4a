/** The store and admission as they are, with a watch beside them. */
import type { Clock } from '../../base/clock.ts';
import type { Driver, Txn } from '../../store/index.ts';
import type { AnyObject } from '../../meta/object.ts';
import { Admission, type AdmissionPlugin, type Attributes, type Operation } from '../admission/admission.ts';
import type { Core } from '../core.ts';
import type { Replacement } from '../registry/storage.ts';
import { type Histogram, type Histograms, labels } from '../../base/metrics/family.ts';
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

type Step = 'admit' | 'validate';

/** Where times of one step go, by operation and outcome: found once, as each write looks for dozens. */
class Places {
  readonly #find: (operation: Operation, rejected: boolean) => Histogram;
  readonly #passed = new Map<Operation, Histogram>();

  constructor(histograms: Histograms, type: Step, name?: string) {
    const who = name === undefined ? '' : `name="${name}",`;
    this.#find = (operation, rejected) => histograms.at(`${who}operation="${operation}",rejected="${rejected}",type="${type}"`);
  }

  at(operation: Operation, rejected: boolean): Histogram {
    if (rejected) return this.#find(operation, true);
    const known = this.#passed.get(operation);
    if (known) return known;
    const found = this.#find(operation, false);
    this.#passed.set(operation, found);
    return found;
  }
}

/** Times what all plugins take together. */
export class MeasuredAdmission extends Admission {
  readonly #clock: Clock;
  readonly #steps: Readonly<Record<Step, Places>>;

  constructor(plugins: readonly AdmissionPlugin[], metrics: Metrics, clock: Clock) {
    super(plugins.map((plugin) => measured(plugin, metrics.admissionPlugins, clock)));
    this.#clock = clock;
    this.#steps = { admit: new Places(metrics.admissionSteps, 'admit'), validate: new Places(metrics.admissionSteps, 'validate') };
  }

  override mutate(attributes: Attributes, core: Core): Promise<AnyObject> {
    return this.#timed('admit', attributes, super.mutate(attributes, core));
  }

  override validate(attributes: Attributes, core: Core): Promise<readonly Replacement[]> {
    return this.#timed('validate', attributes, super.validate(attributes, core));
  }

  async #timed<T>(type: Step, { operation }: Attributes, work: Promise<T>): Promise<T> {
    const start = this.#clock.monotonic();
    let rejected = true;
    try {
      const result = await work;
      rejected = false;
      return result;
    } finally {
      this.#steps[type].at(operation, rejected).observe((this.#clock.monotonic() - start) / 1000);
    }
  }
}

/** Times one plugin. */
function measured(plugin: AdmissionPlugin, histograms: Histograms, clock: Clock): AdmissionPlugin {
  const { name, mutate, validate } = plugin;
  return {
    ...plugin,
    ...(mutate ? { mutate: timed(mutate.bind(plugin), new Places(histograms, 'admit', name), clock) } : {}),
    ...(validate ? { validate: timed(validate.bind(plugin), new Places(histograms, 'validate', name), clock) } : {}),
  };
}

type Hook<T> = (attributes: Attributes, core: Core) => T | Promise<T>;

/** Most hooks need not wait: no promise is made for those. */
function timed<T>(hook: Hook<T>, places: Places, clock: Clock): Hook<T> {
  return (attributes, core) => {
    const start = clock.monotonic();
    const note = (rejected: boolean): void => places.at(attributes.operation, rejected).observe((clock.monotonic() - start) / 1000);
    let result: T | Promise<T>;
    try {
      result = hook(attributes, core);
    } catch (error) {
      note(true);
      throw error;
    }
    if (result instanceof Promise) return noted(result, note);
    note(false);
    return result;
  };
}

async function noted<T>(result: Promise<T>, note: (rejected: boolean) => void): Promise<T> {
  let rejected = true;
  try {
    const value = await result;
    rejected = false;
    return value;
  } finally {
    note(rejected);
  }
}
