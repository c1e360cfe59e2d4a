import type { Clock } from '../../../base/clock.ts';
import type { Random } from '../../../base/random.ts';
import type { Client } from '../../../client/index.ts';
import { Secret } from '../../../kinds/core/secret.ts';
import { isApiError } from '../../../meta/api-error.ts';
import { type Certificates, planCertificates, type ServerNames } from './certificates.ts';

export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

/** Copies that begin together: all but one find that another was faster. */
const TRIES = 10;

/** The certificates that all copies of an operator share, made or renewed where that is due. */
export async function sharedCertificates(
  client: Client, { at, names, clock, random }: { readonly at: SecretPlace; readonly names: ServerNames; readonly clock: Clock; readonly random: Random },
): Promise<Certificates> {
  const { name, namespace } = at;
  for (let left = TRIES; ; left--) {
    const secret = await client.get(Secret, name, { namespace }).catch((error: unknown) => {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    });
    const held = secret && certificatesIn(secret);
    const wanted = planCertificates(held, names, { now: clock.now(), random });
    if (wanted === held) return held;
    const data = dataOf(wanted);
    try {
      if (secret) await client.update(Secret, { ...secret, data: { ...secret.data, ...data } });
      else await client.create(Secret, { metadata: at, type: 'kubernetes.io/tls', data }, { namespace });
      return wanted;
    } catch (error) {
      if (left === 1 || !isApiError(error, 'Conflict', 'AlreadyExists', 'NotFound')) throw error;
    }
  }
}

function certificatesIn({ data = {} }: Secret): Certificates | undefined {
  const [bundle, caCert, caKey, cert, key] = ['ca.crt', 'ca-signing.crt', 'ca-signing.key', 'tls.crt', 'tls.key'].map((name) => data[name] && Buffer.from(data[name], 'base64').toString());
  return bundle && caCert && caKey && cert && key ? { bundle, ca: { cert: caCert, key: caKey }, serving: { cert, key } } : undefined;
}

/** The names that cert-manager and kubernetes.io/tls use, and the authority's own pair beside them. */
const dataOf = ({ bundle, ca, serving }: Certificates): Readonly<Record<string, string>> => Object.fromEntries(Object.entries({
  'ca.crt': bundle, 'ca-signing.crt': ca.cert, 'ca-signing.key': ca.key, 'tls.crt': serving.cert, 'tls.key': serving.key,
}).map(([name, text]) => [name, Buffer.from(text).toString('base64')]));
