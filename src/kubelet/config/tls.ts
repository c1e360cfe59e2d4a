/** Go's names of TLS versions and cipher suites, in Node's and OpenSSL's. */
import { getCiphers } from 'node:tls';

/** Older ones than 1.2 nobody speaks here any more. */
export const TLS_VERSIONS: Readonly<Record<string, 'TLSv1.2' | 'TLSv1.3'>> = {
  VersionTLS10: 'TLSv1.2', VersionTLS11: 'TLSv1.2', VersionTLS12: 'TLSv1.2', VersionTLS13: 'TLSv1.3',
};

/** `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` is `ECDHE-RSA-AES128-GCM-SHA256`; suites of TLS 1.3 have the same names. */
export function opensslName(suite: string): string {
  const [exchange = '', cipher] = suite.replace(/^TLS_/, '').split('_WITH_');
  if (cipher === undefined) return suite;
  const name = cipher.replace(/^CHACHA20_POLY1305.*/, 'CHACHA20_POLY1305').replace(/^AES_(\d+)_/, 'AES$1_').replace('_CBC_', '_');
  return `${exchange === 'RSA' ? '' : `${exchange}_`}${name}`.replaceAll('_', '-');
}

export function* tlsErrors({ tlsMinVersion = '', tlsCipherSuites = [] }: { readonly tlsMinVersion?: string; readonly tlsCipherSuites?: readonly string[] }): Iterable<string> {
  if (tlsMinVersion !== '' && !(tlsMinVersion in TLS_VERSIONS)) yield `unknown tls version ${JSON.stringify(tlsMinVersion)}`;
  const known = new Set(getCiphers());
  for (const suite of tlsCipherSuites) if (!known.has(opensslName(suite).toLowerCase())) yield `Cipher suite ${suite} not supported or doesn't exist`;
}
