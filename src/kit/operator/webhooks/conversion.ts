/** ConversionReview, answered: any version to any other, by way of the hub. */
import { messageOf } from '../../../base/message-of.ts';
import { badRequest } from '../../../meta/api-error.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { isRecord } from '../../../meta/own.ts';
import { apiVersionOf } from '../../../meta/resource.ts';
import type { ConversionHook } from './declare.ts';

interface Asked {
  readonly uid: string;
  readonly desiredAPIVersion: string;
  readonly objects: readonly KubeObject[];
}

/** One object that cannot be converted fails them all: the server asks for all or nothing. @throws ApiError where the request is no review */
export function answerConversion(hook: ConversionHook, body: unknown): object {
  const request = isRecord(body) && body['kind'] === 'ConversionReview' && isRecord(body['request']) ? (body['request'] as unknown as Asked) : undefined;
  if (!request || !isRecord(body)) throw badRequest('a ConversionReview with a request is expected');
  const { uid, desiredAPIVersion, objects } = request;
  const answer = (response: object) => ({ kind: 'ConversionReview', apiVersion: body['apiVersion'], response: { uid, ...response } });
  try {
    return answer({ result: { status: 'Success' }, convertedObjects: objects.map((object) => converted(hook, object, desiredAPIVersion)) });
  } catch (error) {
    return answer({ result: { status: 'Failure', message: messageOf(error) } });
  }
}

function converted({ hub, spokes }: ConversionHook, object: KubeObject, apiVersion: string): KubeObject {
  if (object.apiVersion === apiVersion) return object;
  const spokeOf = (wanted: string) => {
    const spoke = spokes[wanted.slice(wanted.indexOf('/') + 1)];
    if (!spoke || !wanted.startsWith(`${hub.group}/`)) throw new Error(`no conversion of ${hub.kind} to or from ${wanted} is known`);
    return spoke;
  };
  const stored = apiVersionOf(hub);
  const named = (made: object, version: string) => ({ ...made, apiVersion: version, kind: object.kind, metadata: { ...object.metadata, ...labelsOf(made) } });
  const asHub = object.apiVersion === stored ? object : named(spokeOf(object.apiVersion).toHub(object), stored);
  return apiVersion === stored ? asHub : named(spokeOf(apiVersion).fromHub(asHub), apiVersion);
}

/** Labels and annotations are all of the metadata that a conversion may change. */
function labelsOf(made: object): object {
  const { metadata: { labels, annotations } = {} } = made as { readonly metadata?: { readonly labels?: object; readonly annotations?: object } };
  return { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
}
