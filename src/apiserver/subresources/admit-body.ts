import type { AnyObject } from '../../meta/object.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import { decodeObject } from '../../schema/decode.ts';
import type { Kind } from '../../schema/kind.ts';
import { attributesOf } from '../registry/write-context.ts';
import { type ResourceRequest, writeContext } from '../resource-request.ts';

/** Puts what is POSTed to a subresource, an object of a kind of its own, before admission; it may come back changed. */
export async function admitBody(at: ResourceRequest, body: AnyObject, { kind, subresource, name }: { readonly kind: Kind; readonly subresource: string; readonly name: string }): Promise<AnyObject> {
  const { core } = at;
  const context = writeContext(at, 'CreateOptions', { subresource, name });
  const shown = { kind: { group: kind.group, version: kind.version, kind: kind.kind }, take: (_body: AnyObject, changed: unknown) => decodeObject(kind, changed).value };
  const judged = { ...body, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { ...body.metadata, name } };
  const admitted = await core.admission.mutate(attributesOf(context, 'CREATE', { object: judged, shown }), core);
  await core.admission.validate(attributesOf(context, 'CREATE', { object: admitted, shown }), core);
  return admitted;
}
