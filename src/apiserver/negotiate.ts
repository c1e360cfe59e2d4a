import { ApiError } from '../meta/api-error.ts';

/** How an answer is to be written. */
export interface Media {
  readonly type: 'json' | 'yaml' | 'protobuf';
  /** A view of the object in place of the object. */
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** meta.k8s.io's version of the view. */
  readonly asVersion?: 'v1' | 'v1beta1';
  readonly pretty?: boolean;
}

export const JSON_MEDIA: Media = { type: 'json' };

export const CONTENT_TYPES: Readonly<Record<Media['type'], string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

const TYPES: Readonly<Record<string, Media['type']>> = {
  'application/json': 'json', 'application/*': 'json', '*/*': 'json',
  'application/yaml': 'yaml', 'application/vnd.kubernetes.protobuf': 'protobuf',
};
const VIEWS = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

export interface Offer {
  readonly protobuf: boolean;
  /** Views of objects are offered. */
  readonly views: boolean;
  /** Of a watch: YAML has no frames. */
  readonly stream?: boolean;
}

/** The first clause of `accept`, by weight and then by order, that the server can write. */
export function negotiate(accept: string | undefined, offer: Offer): Media {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return JSON_MEDIA;
  for (const clause of parseAccept(accept)) {
    const type = TYPES[clause.type];
    if (type === undefined || (type === 'protobuf' && !offer.protobuf) || (type === 'yaml' && offer.stream)) continue;
    const { as, v, g, pretty } = clause.params;
    const prettily = pretty === '1' || pretty === 'true' ? { pretty: true } : {};
    if (as === undefined) return { type, ...prettily };
    if (!offer.views || !VIEWS.has(as) || g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1') || (type === 'protobuf' && as === 'Table')) continue;
    return { type, as: as as NonNullable<Media['as']>, asVersion: v, ...prettily };
  }
  const types = [CONTENT_TYPES.json, ...(offer.stream ? [] : [CONTENT_TYPES.yaml]), ...(offer.protobuf ? [CONTENT_TYPES.protobuf] : [])]
    .map((type) => (offer.stream ? `${type};stream=watch` : type));
  throw new ApiError('NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`);
}

/** Whether a failure is to be told in protobuf; who accepts nothing the server has gets JSON. */
export function prefersProtobuf(accept: string | undefined): boolean {
  const first = accept?.includes(CONTENT_TYPES.protobuf) ? parseAccept(accept).find(({ type }) => Object.hasOwn(TYPES, type)) : undefined;
  return first?.type === CONTENT_TYPES.protobuf;
}

export interface AcceptClause {
  readonly type: string;
  readonly params: Readonly<Record<string, string>>;
}

export function parseAccept(accept: string): readonly AcceptClause[] {
  return accept
    .split(',')
    .map((text) => {
      const [type = '', ...rest] = text.split(';').map((part) => part.trim());
      const params = Object.fromEntries(rest.map((part) => {
        const mark = part.indexOf('=');
        return mark < 0 ? [part, ''] : [part.slice(0, mark), part.slice(mark + 1)];
      }));
      return { type: type.toLowerCase(), params };
    })
    .filter(({ type }) => type !== '')
    .toSorted((a, b) => weight(b) - weight(a));
}

const weight = ({ params }: AcceptClause): number => {
  const q = Number(params['q'] ?? 1);
  return Number.isNaN(q) ? 1 : q;
};
