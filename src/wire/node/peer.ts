import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Peer } from '../api.ts';

/** What the connection says of the caller; the same for all its requests. */
export function peerOf(socket: Socket): Peer {
  const address = socket.remoteAddress ?? '';
  if (!(socket instanceof TLSSocket)) return { address };
  const { subject, valid_to: validTo } = socket.getPeerCertificate();
  if (!subject) return { address };
  if (!socket.authorized) return { address, certificateError: String(socket.authorizationError ?? 'not verified') };
  return { address, certificate: { commonName: listOf(subject.CN)[0] ?? '', organizations: listOf(subject.O), expires: Date.parse(validTo) } };
}

/** Node gives one string, or an array where an attribute is repeated; its types know only the former. */
function listOf(attribute: string | readonly string[] | undefined): readonly string[] {
  if (attribute === undefined) return [];
  return typeof attribute === 'string' ? [attribute] : attribute;
}
