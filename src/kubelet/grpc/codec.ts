/** From declarations to what coding and calling need. */
import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { describe } from './message.ts';
import type { Message, Received, Sent, Service } from './message.ts';

const LOADING = { longs: Number, enums: String, defaults: true, arrays: true, objects: true } as const;
const load = (path: string, services: Readonly<Record<string, Service>>) => fromJSON(describe(path, services) as Parameters<typeof fromJSON>[0], LOADING);

/** Messages and enumerations have a `format`, services are tables of methods. */
const isService = (definition: object | undefined): definition is ServiceDefinition => definition !== undefined && !('format' in definition);

/** The one service of `named`. */
export function definitionOf(path: string, named: Readonly<Record<string, Service>>): ServiceDefinition {
  const [name = ''] = Object.keys(named);
  const definition = load(path, named)[`${path}.${name}`];
  if (!isService(definition)) throw new Error(`${path}.${name} is not in the descriptor`);
  return definition;
}

export interface Codec<M extends Message> {
  encode(value: Sent<M>): Uint8Array;
  decode(bytes: Uint8Array): Received<M>;
}

/** Of a message that travels inside another, as bytes. */
export function codecOf<M extends Message>(path: string, message: M): Codec<M> {
  const { Call } = definitionOf(path, { Codec: { Call: { request: message, response: message } } });
  return { encode: (value) => Call!.requestSerialize(value), decode: (bytes) => Call!.requestDeserialize(Buffer.from(bytes)) as Received<M> };
}
