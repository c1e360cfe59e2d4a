import { createSecureContext, type SecureContext } from 'node:tls';
import type { Logger } from '../base/log.ts';
import { messageOf } from '../base/message-of.ts';
import type { Informers } from '../client/index.ts';
import { Secret } from '../kinds/core/secret.ts';
import type { SecretRef } from './routes.ts';

const keyOf = ({ namespace, name }: SecretRef): string => `${namespace}/${name}`;

/** The certificates of Secrets that Ingresses name, each watched by itself: a node reads no other. */
export class Certificates implements AsyncDisposable {
  readonly #informers: Informers;
  readonly #log: Logger;
  readonly #wanted = new Map<string, SecretRef>();
  /** By Secret: what its present version made. */
  readonly #contexts = new Map<string, { readonly resourceVersion: string; readonly context: SecureContext | undefined }>();

  constructor(informers: Informers, log: Logger) {
    this.#informers = informers;
    this.#log = log;
  }

  /** Watches these Secrets, and those no longer that are not among them. */
  want(refs: Iterable<SecretRef>): void {
    const now = new Map([...refs].map((ref) => [keyOf(ref), ref]));
    for (const [key, ref] of this.#wanted) {
      if (now.has(key)) continue;
      this.#wanted.delete(key);
      this.#contexts.delete(key);
      void this.#informers.stop(Secret, scopeOf(ref));
    }
    for (const [key, ref] of now) {
      this.#wanted.set(key, ref);
      this.#informers.for(Secret, scopeOf(ref));
    }
  }

  /** Undefined where the Secret is not there yet or holds no certificate that can be used. */
  contextOf(ref: SecretRef): SecureContext | undefined {
    const secret = this.#informers.for(Secret, scopeOf(ref)).lister.get(ref.name, ref.namespace);
    if (!secret) return undefined;
    const known = this.#contexts.get(keyOf(ref));
    if (known?.resourceVersion === secret.metadata.resourceVersion) return known.context;
    const context = this.#make(secret);
    this.#contexts.set(keyOf(ref), { resourceVersion: secret.metadata.resourceVersion, context });
    return context;
  }

  #make({ data, metadata }: Secret): SecureContext | undefined {
    const [cert, key] = ['tls.crt', 'tls.key'].map((name) => Buffer.from(data?.[name] ?? '', 'base64'));
    try {
      return createSecureContext({ cert: cert!, key: key! });
    } catch (error) {
      this.#log.warn('ingress: a certificate cannot be used', { secret: `${metadata.namespace}/${metadata.name}`, error: messageOf(error) });
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#wanted.values()].map((ref) => this.#informers.stop(Secret, scopeOf(ref))));
  }
}

const scopeOf = ({ namespace, name }: SecretRef) => ({ namespace, fieldSelector: `metadata.name=${name}` });
