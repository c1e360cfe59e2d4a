import type { Millis } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { CustomResourceDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { ApiError } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { isRecord } from '../../meta/own.ts';
import { status } from '../../kinds/meta/status.ts';
import { any, list, object, string, type TypeOf } from '../../schema/field.ts';
import type { Core } from '../core.ts';
import { callWebhook, type ClientConfig } from '../webhook/client.ts';

/** A webhook that does not answer in time has not answered. */
const TIMEOUT: Millis = 30_000;
const GROUP = 'apiextensions.k8s.io';
const encoder = new TextEncoder();

export type Around = Pick<Core, 'config' | 'resources' | 'clock' | 'random'>;

/** Asks a definition's conversion webhook (ConversionReview). See https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion */
export class WebhookConverter {
  readonly #around: Around;
  readonly #client: ClientConfig;
  readonly #reviewVersion: string | undefined;

  constructor(around: Around, { spec: { conversion } }: CustomResourceDefinition) {
    this.#around = around;
    this.#client = conversion?.webhook?.clientConfig ?? {};
    this.#reviewVersion = conversion?.webhook?.conversionReviewVersions.find((version) => version === 'v1' || version === 'v1beta1');
  }

  /** All of one apiVersion; in one review. @throws ApiError InternalError in upstream's words */
  async convert(objects: readonly AnyObject[], apiVersion: string): Promise<readonly AnyObject[]> {
    const [first] = objects;
    if (!first) return [];
    const about = `conversion webhook for ${typeOf(first)}`;
    const converted = await this.#ask(objects, apiVersion).catch((error: unknown) => {
      throw internal(`${about} failed: ${messageOf(error)}`);
    });
    if (converted.length !== objects.length) throw internal(`${about} returned ${converted.length} objects, expected ${objects.length}`);
    return objects.map((original, position) => {
      const problem = problemOf(original, converted[position], apiVersion);
      if (problem !== undefined) throw internal(`${about} returned invalid ${objects.length === 1 && problem.isShort ? 'object' : `converted object at index ${position}`}: ${problem.text}`);
      return withMetadata(original, converted[position] as AnyObject, (why) => internal(`${about} returned invalid metadata: ${why}`));
    });
  }

  async #ask(objects: readonly AnyObject[], desiredAPIVersion: string): Promise<readonly unknown[]> {
    if (this.#reviewVersion === undefined) throw new Error('no supported conversion review versions');
    const uid = this.#around.random.uuid();
    const review = { kind: 'ConversionReview', apiVersion: `${GROUP}/${this.#reviewVersion}`, request: { uid, desiredAPIVersion, objects } };
    const answer = await callWebhook(this.#around, { client: this.#client, body: encoder.encode(JSON.stringify(review)), answer: conversionReview, timeout: TIMEOUT });
    return convertedIn(answer, this.#reviewVersion, uid);
  }
}

const internal = (message: string): ApiError => new ApiError('InternalError', `Internal error occurred: ${message}`, { details: { causes: [{ message }] } });

/** `example.com/v1, Kind=Widget`. */
const typeOf = ({ apiVersion, kind }: Pick<AnyObject, 'apiVersion' | 'kind'>): string => `${apiVersion}, Kind=${kind}`;

/** What a webhook answers with. */
const conversionReview = object('apiextensions.v1.ConversionReview', {
  apiVersion: string(),
  kind: string(),
  response: object('apiextensions.v1.ConversionResponse', { uid: string(), convertedObjects: list(any()), result: status() }),
});

/** What the webhook made of the objects, where it answered what it was asked and succeeded. */
function convertedIn({ apiVersion = '', kind = '', response }: TypeOf<typeof conversionReview>, version: string, uid: string): readonly unknown[] {
  if (version === 'v1' && (apiVersion !== `${GROUP}/v1` || kind !== 'ConversionReview')) {
    throw new Error(`expected webhook response of ${GROUP}/v1, Kind=ConversionReview, got ${apiVersion || '/'}, Kind=${kind}`);
  }
  if (!response) throw new Error('no response provided');
  if (version === 'v1' && response.uid !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  const { result = {}, convertedObjects = [] } = response;
  if (result.status !== 'Success') throw new Error(result.message || `response.result.status was '${result.status ?? ''}', not 'Success'`);
  return convertedObjects;
}

interface Problem {
  readonly text: string;
  /** Upstream speaks of an object alone in other words than of one among others. */
  readonly isShort: boolean;
}

function problemOf(original: AnyObject, converted: unknown, apiVersion: string): Problem | undefined {
  if (!isRecord(converted)) return { text: `invalid type, expected=Unstructured, got=${converted === null ? 'null' : typeof converted}`, isShort: false };
  if (converted['apiVersion'] !== apiVersion) return { text: `invalid groupVersion (expected ${apiVersion}, received ${String(converted['apiVersion'] ?? '')})`, isShort: false };
  if (converted['kind'] !== original.kind) return { text: `invalid kind (expected ${original.kind}, received ${String(converted['kind'] ?? '')})`, isShort: false };
  const metadata = isRecord(converted['metadata']) ? converted['metadata'] : {};
  for (const [field, called] of [['name', 'name'], ['namespace', 'namespace'], ['uid', 'UID']] as const) {
    const [before, after] = [original.metadata[field] ?? '', metadata[field] ?? ''];
    if (before !== after) return { text: `must have the same ${called}: ${before} != ${String(after)}`, isShort: true };
  }
  return undefined;
}

/** A converter may change labels and annotations, and nothing else of the metadata. */
function withMetadata(original: AnyObject, converted: AnyObject, refuse: (why: string) => ApiError): AnyObject {
  const given: unknown = converted.metadata;
  if (given === undefined) throw refuse('missing metadata in converted object');
  if (!isRecord(given)) throw refuse(`invalid metadata of type ${typeof given} in converted object`);
  const { labels: _labels, annotations: _annotations, ...metadata } = original.metadata;
  const kept: Record<string, unknown> = {};
  for (const field of ['labels', 'annotations']) {
    if (given[field] === undefined || given[field] === null) continue;
    if (!isRecord(given[field])) throw refuse(`invalid metadata.${field} of type ${typeof given[field]} in converted object`);
    kept[field] = given[field];
  }
  return { ...converted, metadata: { ...metadata, ...kept } as AnyObject['metadata'] };
}
