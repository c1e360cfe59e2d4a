/** A container's environment, from everything its specification refers to. */
import type { ConfigMap } from '../../kinds/core/config-map.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { EnvFromSource, EnvVar } from '../../kinds/core/env.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Secret } from '../../kinds/core/secret.ts';
import type { Service } from '../../kinds/core/service.ts';
import { expand } from './expansion.ts';
import { fieldValue, resourceValue } from './field-ref.ts';
import type { NodeFacts } from './field-ref.ts';
import { serviceEnvironment, servicesFor } from './services-env.ts';

/** Objects that containers and volumes refer to, in the pod's namespace; undefined where there is none. */
export interface ObjectSource {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
}

export interface EnvironmentInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly podIps: readonly string[];
  readonly node: NodeFacts;
  readonly services: readonly Service[];
  readonly objects: ObjectSource;
}

export interface Environment {
  readonly variables: ReadonlyMap<string, string>;
  /** Keys that cannot be names of variables, for a warning event: each a sentence. */
  readonly skipped: readonly string[];
}

/** @throws Error with upstream's text where something that is not optional is missing. */
export async function environmentOf(input: EnvironmentInput): Promise<Environment> {
  const { pod, container, services } = input;
  const namespace = pod.metadata.namespace ?? '';
  const ofServices = serviceEnvironment(servicesFor(services, { namespace, links: pod.spec.enableServiceLinks !== false }));
  const variables = new Map<string, string>();
  const skipped: string[] = [];
  for (const source of container.envFrom ?? []) await addAll(source, { ...input, variables, skipped });
  const valueOf = (name: string) => variables.get(name) ?? ofServices.get(name);
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom ? await referredValue(variable, input) : expand(variable.value ?? '', valueOf);
    if (value !== undefined) variables.set(variable.name, value);
  }
  for (const [name, value] of ofServices) if (!variables.has(name)) variables.set(name, value);
  return { variables, skipped };
}

interface Collecting extends EnvironmentInput {
  readonly variables: Map<string, string>;
  readonly skipped: string[];
}

async function addAll({ prefix = '', configMapRef, secretRef }: EnvFromSource, { pod, objects, variables, skipped }: Collecting): Promise<void> {
  const ref = configMapRef ?? secretRef;
  if (!ref) return;
  const name = ref.name ?? '';
  const found = configMapRef ? await objects.configMap(name) : await objects.secret(name);
  if (!found) {
    if (ref.optional) return;
    throw new Error(`${configMapRef ? 'configmap' : 'secret'} "${name}" not found`);
  }
  const invalid: string[] = [];
  for (const [key, value] of Object.entries(found.data ?? {})) {
    if (isVariableName(prefix + key)) variables.set(prefix + key, configMapRef ? value : fromBase64(value).toString('utf8'));
    else invalid.push(prefix + key);
  }
  if (invalid.length > 0) {
    const kind = configMapRef ? 'configMap' : 'secret';
    const keys = invalid.toSorted().join(', ');
    skipped.push(`Keys [${keys}] from the EnvFrom ${kind} ${pod.metadata.namespace}/${name} were skipped since they are considered invalid environment variable names.`);
  }
}

/** Any printable ASCII but the equals sign (KEP-4369). */
const isVariableName = (name: string): boolean => /^[\x20-\x3c\x3e-\x7e]+$/.test(name);

export const fromBase64 = (text: string): Buffer => Buffer.from(text, 'base64');

/** undefined: an optional reference to nothing. */
async function referredValue({ valueFrom = {} }: EnvVar, input: EnvironmentInput): Promise<string | undefined> {
  const { pod, container, objects, node, podIps } = input;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef) return fieldValue(pod, fieldRef.fieldPath, { node, podIps });
  if (resourceFieldRef) {
    const named = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(({ name }) => name === resourceFieldRef.containerName);
    return resourceValue(named ?? container, resourceFieldRef, node);
  }
  const at = `${pod.metadata.namespace}/`;
  if (configMapKeyRef) {
    const { name = '', key, optional } = configMapKeyRef;
    const found = await objects.configMap(name);
    return needed(found?.data?.[key], { optional, message: found ? `couldn't find key ${key} in ConfigMap ${at}${name}` : `configmap "${name}" not found` });
  }
  if (secretKeyRef) {
    const { name = '', key, optional } = secretKeyRef;
    const found = await objects.secret(name);
    const value = found?.data?.[key];
    const text = value === undefined ? undefined : fromBase64(value).toString('utf8');
    return needed(text, { optional, message: found ? `couldn't find key ${key} in Secret ${at}${name}` : `secret "${name}" not found` });
  }
  return undefined;
}

function needed(value: string | undefined, { optional = false, message }: { readonly optional: boolean | undefined; readonly message: string }): string | undefined {
  if (value === undefined && !optional) throw new Error(message);
  return value;
}
