import { typeValueOf } from '../../cel/type-names.ts';
import { EvaluationError, CelMap } from '../../cel/values.ts';
import { parseSemver } from '../../cel/libraries/semvers.ts';
import { QuantityValue } from '../../cel/libraries/quantities.ts';
import type { Device, DeviceAttribute } from '../../kinds/resource/device.ts';
import { compileSelector, type CompiledSelector } from '../../kinds/resource/device-selector.ts';
import { parseQuantity } from '../../meta/quantity.ts';

interface Known {
  /** What `device` is in an expression. */
  readonly value: object;
  readonly answers: Map<string, boolean>;
}

const MOST_COMPILED = 1_000;

/** Which devices the CEL expressions of selectors mean. Devices are immutable: each is asked each expression once. */
export class DeviceSelectors {
  readonly #compiled = new Map<string, CompiledSelector>();
  readonly #known = new WeakMap<Device, Known>();

  /** @throws Error with upstream's text where the expression makes no sense, or not for this device */
  matches(expression: string, driver: string, device: Device): boolean {
    const known = this.#known.get(device) ?? this.#learn(driver, device);
    const before = known.answers.get(expression);
    if (before !== undefined) return before;
    const answer = this.#ask(expression, known.value);
    known.answers.set(expression, answer);
    return answer;
  }

  #ask(expression: string, device: object): boolean {
    const compiled = this.#compiled.get(expression) ?? this.#compile(expression);
    if (!compiled.ok) throw new Error(`CEL compile error: ${compiled.reason}`);
    const result = compiled.program.evaluate({ device });
    if (!result.ok) throw new Error(`CEL runtime error: ${result.message}`);
    if (typeof result.value === 'boolean') return result.value;
    const type = typeValueOf(result.value).name;
    throw new Error(`CEL runtime error: CEL result of type ${type} could not be converted to bool: type conversion error from '${type}' to 'bool'`);
  }

  #compile(expression: string): CompiledSelector {
    if (this.#compiled.size >= MOST_COMPILED) this.#compiled.clear();
    const compiled = compileSelector(expression);
    this.#compiled.set(expression, compiled);
    return compiled;
  }

  #learn(driver: string, device: Device): Known {
    const known = { value: valueOf(driver, device), answers: new Map<string, boolean>() };
    this.#known.set(device, known);
    return known;
  }
}

function valueOf(driver: string, { attributes = {}, capacity = {}, allowMultipleAllocations = false }: Device): object {
  return {
    driver,
    allowMultipleAllocations,
    attributes: byDomain(driver, Object.entries(attributes).map(([name, attribute]) => [name, attributeValue(name, attribute)])),
    capacity: byDomain(driver, Object.entries(capacity).map(([name, { value }]) => [name, new QuantityValue(parseQuantity(value))])),
  };
}

type Values = Readonly<Record<string, unknown>>;
interface Entry {
  readonly key: unknown;
  readonly value: unknown;
}

/** Names without a domain are in the driver's own. A domain that is asked for and not there is an empty one. */
function byDomain(driver: string, entries: readonly (readonly [string, unknown])[]): CelMap {
  const domains = new DomainMap();
  for (const [qualified, value] of entries) {
    const slash = qualified.indexOf('/');
    const domain = slash < 0 ? driver : qualified.slice(0, slash);
    const names = domains.has(domain) ? (domains.get(domain).value as Values) : {};
    domains.set(domain, { key: domain, value: { ...names, [qualified.slice(slash + 1)]: value } });
  }
  return new CelMap(domains);
}

class DomainMap extends Map<unknown, Entry> {
  override get(key: unknown): Entry {
    return super.get(key) ?? { key, value: {} };
  }
}

function attributeValue(name: string, { int, bool, string, version }: DeviceAttribute): unknown {
  const value = int ?? bool ?? string;
  if (value !== undefined) return value;
  if (version === undefined) throw new Error(`CEL runtime error: attribute ${name}: unsupported attribute value`);
  try {
    return parseSemver(version);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    throw new Error(`CEL runtime error: attribute ${name}: parse semantic version: ${error.message}`, { cause: error });
  }
}
