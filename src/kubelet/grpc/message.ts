/**
 * A protobuf message declared once: its field numbers as data for the codec, its TypeScript types by inference.
 * Enumerations travel as their names, 64-bit integers as numbers (nanosecond timestamps lose some 200 ns).
 */
declare const sent: unique symbol;
declare const received: unique symbol;

/** One field. `S` is what a caller may send, `R` what a decoded message holds. */
export interface MessageField<S = unknown, R = unknown> {
  readonly id: number;
  readonly type: string;
  readonly rule?: 'repeated';
  /** Maps only: the key's type. */
  readonly keyType?: string;
  /** The message or enumeration that `type` names. */
  readonly refersTo?: Message | Enumeration;
  readonly [sent]?: S;
  readonly [received]?: R;
}

type MessageFields = Readonly<Record<string, MessageField>>;

export interface Message<F extends MessageFields = MessageFields> {
  readonly name: string;
  readonly fields: F;
}

export interface Enumeration<V extends string = string> {
  readonly name: string;
  readonly values: readonly V[];
}

type SentOf<F> = F extends MessageField<infer S> ? S : never;
type ReceivedOf<F> = F extends MessageField<unknown, infer R> ? R : never;

/** A message to be encoded: absent fields take protobuf's zero values. */
export type Sent<M> = M extends Message<infer F> ? { readonly [K in keyof F]?: SentOf<F[K]> | undefined } : never;
/** A decoded message: every field is there; an absent inner message is null. */
export type Received<M> = M extends Message<infer F> ? { readonly [K in keyof F]: ReceivedOf<F[K]> } : never;

type Scalar<T> = (id: number) => MessageField<T, T>;
const scalar = <T>(type: string): Scalar<T> => (id) => ({ id, type });

export const string = scalar<string>('string');
export const bool = scalar<boolean>('bool');
export const int32 = scalar<number>('int32');
export const uint32 = scalar<number>('uint32');
export const int64 = scalar<number>('int64');
export const uint64 = scalar<number>('uint64');
export const bytes = scalar<Uint8Array>('bytes');

export const strings = (id: number): MessageField<readonly string[], readonly string[]> => ({ id, type: 'string', rule: 'repeated' });
export const int32s = (id: number): MessageField<readonly number[], readonly number[]> => ({ id, type: 'int32', rule: 'repeated' });
export const int64s = (id: number): MessageField<readonly number[], readonly number[]> => ({ id, type: 'int64', rule: 'repeated' });

type Strings = Readonly<Record<string, string>>;
export const stringMap = (id: number): MessageField<Strings, Strings> => ({ id, type: 'string', keyType: 'string' });

/** From strings to messages. */
export const mapOf = <const M extends Message>(id: number, message: M): MessageField<Readonly<Record<string, Sent<M>>>, Readonly<Record<string, Received<M>>>> => ({
  id, type: message.name, keyType: 'string', refersTo: message,
});

export const one = <const M extends Message>(id: number, message: M): MessageField<Sent<M>, Received<M> | null> => ({
  id, type: message.name, refersTo: message,
});

export const many = <const M extends Message>(id: number, message: M): MessageField<readonly Sent<M>[], readonly Received<M>[]> => ({
  id, type: message.name, rule: 'repeated', refersTo: message,
});

export const choice = <const V extends string>(id: number, enumeration: Enumeration<V>): MessageField<V, V> => ({
  id, type: enumeration.name, refersTo: enumeration,
});

export function message<const F extends MessageFields>(name: string, fields: F): Message<F> {
  return { name, fields };
}

/** Values in the order of their numbers, from 0. */
export function enumeration<const V extends string>(name: string, ...values: V[]): Enumeration<V> {
  return { name, values };
}

export interface Method<Q extends Message = Message, A extends Message = Message> {
  readonly request: Q;
  readonly response: A;
  /** Many responses follow one request. */
  readonly stream?: boolean;
}

export type Service = Readonly<Record<string, Method>>;

type Descriptor = { nested: Record<string, unknown> };

/** The protobufjs JSON descriptor of some services and every message they reach, in one package. */
export function describe(path: string, services: Readonly<Record<string, Service>>): Descriptor {
  const types: Record<string, unknown> = {};
  const add = (type: Message | Enumeration): void => {
    if (type.name in types) return;
    if ('values' in type) {
      types[type.name] = { values: Object.fromEntries(type.values.map((value, number) => [value, number])) };
      return;
    }
    const fields: Record<string, unknown> = {};
    types[type.name] = { fields };
    for (const [name, { refersTo, ...field }] of Object.entries(type.fields)) {
      fields[name] = field;
      if (refersTo) add(refersTo);
    }
  };
  for (const [name, methods] of Object.entries(services)) {
    for (const { request, response } of Object.values(methods)) {
      add(request);
      add(response);
    }
    types[name] = {
      methods: Object.fromEntries(Object.entries(methods).map(([method, { request, response, stream }]) => [
        method, { requestType: request.name, responseType: response.name, ...(stream ? { responseStream: true } : {}) },
      ])),
    };
  }
  return path.split('.').reduceRight<Descriptor>((inner, part) => ({ nested: { [part]: inner } }), { nested: types });
}
