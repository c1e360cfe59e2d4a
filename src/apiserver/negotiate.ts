import { ApiError } from '../meta/api-error.ts';
import type { ApiRequest } from '../wire/api.ts';

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

export type ViewName = NonNullable<Media['as']>;

export interface Offer {
  readonly protobuf: boolean;
  /** The views of objects there are. */
  readonly views: readonly ViewName[];
  /** Of a watch: YAML has no frames. */
  readonly stream?: boolean;
}

/** What has rows can be a Table; whatever has metadata can be reduced to it. */
export const METADATA_VIEWS: readonly ViewName[] = ['PartialObjectMetadata', 'PartialObjectMetadataList'];
export const ALL_VIEWS: readonly ViewName[] = ['Table', ...METADATA_VIEWS];

/** The first clause of `accept`, by weight, by precision and then by order, that the server can write. */
export function negotiate(accept: string | undefined, offer: Offer): Media {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return JSON_MEDIA;
  const types = typesOf(offer);
  for (const clause of parseAccept(accept)) {
    for (const type of types) {
      const media = isWithin(CONTENT_TYPES[type], clause.type) ? mediaOf(type, clause.params, offer) : undefined;
      if (media) return media;
    }
  }
  const accepted = types.map((type) => (offer.stream ? `${CONTENT_TYPES[type]};stream=watch` : CONTENT_TYPES[type]));
  throw new ApiError('NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);
}

const typesOf = ({ protobuf, stream }: Offer): readonly Media['type'][] => ['json', ...(stream ? [] : ['yaml'] as const), ...(protobuf ? ['protobuf'] as const : [])];

/** Whether a type is one of those a range means: `application/*`. */
const isWithin = (type: string, range: string): boolean => range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)));

/** Undefined where the parameters ask for what is not offered; those nobody knows ask for nothing. */
function mediaOf(type: Media['type'], { as, v, g, sv, stream, pretty }: AcceptClause['params'], offer: Offer): Media | undefined {
  if (stream && (stream !== 'watch' || type === 'yaml')) return undefined;
  if (sv && sv !== 'v1') return undefined;
  const prettily = pretty === '1' ? { pretty: true } : {};
  if (as === undefined && v === undefined && g === undefined) return { type, ...prettily };
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1') || (type === 'protobuf' && as === 'Table')) return undefined;
  const view = offer.views.find((one) => one === as);
  return view && { type, as: view, asVersion: v, ...prettily };
}

const TERMINALS = /^(curl|Wget|Mozilla\/5\.0)/;

/** Whether somebody reads the answer with their own eyes: who says so by `?pretty`, else browsers and the like. */
export function asksPretty({ url, headers }: Pick<ApiRequest, 'url' | 'headers'>): boolean {
  const asked = /[?&]pretty=([^&]+)/.exec(url)?.[1];
  if (asked !== undefined) return /^(1|t|T|true|TRUE|True)$/.test(asked);
  return TERMINALS.test(headers['user-agent'] ?? '');
}

export interface AcceptClause {
  /** Lower case, without parameters. */
  readonly type: string;
  readonly params: Readonly<Record<string, string | undefined>>;
}

export function parseAccept(accept: string): readonly AcceptClause[] {
  return accept
    .split(',')
    .map((text) => {
      const [type = '', ...rest] = text.split(';').map((part) => part.trim());
      const params = Object.fromEntries(rest.map((part) => {
        const mark = part.indexOf('=');
        return mark < 0 ? [part, ''] : [part.slice(0, mark).trim(), part.slice(mark + 1).trim()];
      }));
      return { type: type === '*' ? '*/*' : type.toLowerCase(), params };
    })
    .filter(({ type }) => type !== '')
    .toSorted((a, b) => weight(b) - weight(a) || precision(b) - precision(a));
}

const weight = ({ params }: AcceptClause): number => {
  const q = Number(params['q'] ?? 1);
  return Number.isNaN(q) ? 0 : q;
};
const precision = ({ type }: AcceptClause): number => (type === '*/*' ? 0 : type.endsWith('/*') ? 1 : 2);
