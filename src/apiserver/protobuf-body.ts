import { MalformedProtobuf } from '../base/protobuf-reader.ts';
import { badRequest } from '../meta/api-error.ts';
import { apiVersionOf } from '../meta/resource.ts';
import { deleteOptions } from '../kinds/meta/delete-options.ts';
import { Eviction } from '../kinds/policy/eviction.ts';
import type { Kind } from '../schema/kind.ts';
import type { ObjectNode } from '../schema/node.ts';
import { decodeMessage } from '../schema/protobuf/decode.ts';
import { unwrap } from '../schema/protobuf/envelope.ts';

/** An `application/vnd.kubernetes.protobuf` body as the JSON it stands for. @throws ApiError BadRequest */
export function decodeProtobuf(kinds: readonly Kind[], bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const { apiVersion, kind, raw } = unwrap(bytes);
    return { ...decodeMessage(schemaOf(kinds, apiVersion, kind), raw), apiVersion, kind };
  } catch (error) {
    if (error instanceof MalformedProtobuf) throw badRequest(error.message);
    throw error;
  }
}

function schemaOf(kinds: readonly Kind[], apiVersion: string, kind: string): ObjectNode {
  // DeleteOptions are the same in every group and version.
  if (kind === 'DeleteOptions') return deleteOptions().node as ObjectNode;
  // Accepted whether or not the rest of that version is served; the same message.
  if (kind === 'Eviction' && apiVersion === 'policy/v1beta1') return Eviction.schema;
  const known = kinds.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
  if (!known) throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme`);
  return known.schema;
}
