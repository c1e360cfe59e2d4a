import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { Peer } from '../api.ts';

/** Who signs which certificates, where not all are clients'. */
export interface Signers {
  readonly clients: readonly X509Certificate[];
  readonly proxies: readonly X509Certificate[];
}

/** @returns undefined where there are no proxies: then every certificate that the transport found good is a client's */
export function signersOf(clientCa: string | undefined, proxyCa: string | undefined): Signers | undefined {
  return proxyCa === undefined ? undefined : { clients: certificatesIn(clientCa ?? ''), proxies: certificatesIn(proxyCa) };
}

const certificatesIn = (pem: string): readonly X509Certificate[] => (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((one) => new X509Certificate(one));

/** What the connection says of the caller; the same for all its requests. */
export function peerOf(socket: Socket, signers?: Signers): Peer {
  const address = socket.remoteAddress ?? '';
  if (!(socket instanceof TLSSocket)) return { address };
  const { subject, valid_to: validTo } = socket.getPeerCertificate();
  if (!subject) return { address };
  if (!socket.authorized) return { address, certificateError: String(socket.authorizationError ?? 'not verified') };
  const commonName = listOf(subject.CN)[0] ?? '';
  const signer = signers ? signerOf(socket, signers) : 'clients';
  if (signer === 'proxies') return { address, proxy: { commonName } };
  if (signer === undefined) return { address, certificateError: 'certificate signed by unknown authority' };
  return { address, certificate: { commonName, organizations: listOf(subject.O), expires: Date.parse(validTo) } };
}

const known = new WeakMap<TLSSocket, { readonly signer: keyof Signers | undefined }>();

/** Once for each connection: signatures cost more than requests. */
function signerOf(socket: TLSSocket, { clients, proxies }: Signers): keyof Signers | undefined {
  const before = known.get(socket);
  if (before) return before.signer;
  const leaf = socket.getPeerCertificate(true);
  const signer = clients.some((one) => leadsTo(leaf, one)) ? 'clients' : proxies.some((one) => leadsTo(leaf, one)) ? 'proxies' : undefined;
  known.set(socket, { signer });
  return signer;
}

/** Whether the authority signed the certificate, or one that did. The transport found the chain good already; which authority it ends at, only signatures tell. */
function leadsTo(leaf: DetailedPeerCertificate, authority: X509Certificate): boolean {
  for (let at: DetailedPeerCertificate | undefined = leaf; at?.raw; at = at.issuerCertificate === at ? undefined : at.issuerCertificate) {
    if (new X509Certificate(at.raw).verify(authority.publicKey)) return true;
  }
  return false;
}

/** Node gives one string, or an array where an attribute is repeated; its types know only the former. */
function listOf(attribute: string | readonly string[] | undefined): readonly string[] {
  if (attribute === undefined) return [];
  return typeof attribute === 'string' ? [attribute] : attribute;
}
