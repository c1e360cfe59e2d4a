import { ApiError, badRequest } from '../../meta/api-error.ts';
import { type FieldError, FieldPath, invalid, notSupported } from '../../meta/field-error.ts';
import { integer, invalidOptions } from '../query.ts';
import { isTrue } from '../request-info.ts';

/** metav1.DeleteOptions, from the body or, without one, from the query. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly orphanDependents?: boolean;
  readonly dryRun: boolean;
}

const POLICIES = ['Orphan', 'Background', 'Foreground'];

export function parseDeleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const given = body === undefined ? fromQuery(query) : fromBody(body);
  const dryRun = [...list(given['dryRun']), ...query.getAll('dryRun')];
  const errors: FieldError[] = [];
  const policy = given['propagationPolicy'];
  if (policy !== undefined && given['orphanDependents'] !== undefined) {
    errors.push(invalid(FieldPath.of('propagationPolicy'), policy, 'orphanDependents and deletionPropagation cannot be both set'));
  }
  if (policy !== undefined && !POLICIES.includes(String(policy))) {
    errors.push(notSupported(FieldPath.of('propagationPolicy'), policy, ['Foreground', 'Background', 'Orphan', 'nil']));
  }
  if (dryRun.some((value) => value !== 'All')) errors.push(notSupported(FieldPath.of('dryRun'), dryRun, ['All']));
  if (errors.length > 0) throw invalidOptions('DeleteOptions', 'meta.k8s.io', errors);
  const { uid, resourceVersion } = preconditions(given['preconditions']);
  const grace = given['gracePeriodSeconds'];
  if (grace !== undefined && !Number.isSafeInteger(grace)) throw wrongType('gracePeriodSeconds', 'int64', grace);
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace as number }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(policy === undefined ? {} : { propagationPolicy: policy as NonNullable<DeleteOptions['propagationPolicy']> }),
    ...(typeof given['orphanDependents'] === 'boolean' ? { orphanDependents: given['orphanDependents'] } : {}),
    dryRun: dryRun.length > 0,
  };
}

/** As an object of the API, as reviews carry it. */
export function deleteOptionsObject({ uid, resourceVersion, dryRun, ...rest }: DeleteOptions): object {
  const preconditions = { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  return { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', ...rest, ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }), ...(dryRun ? { dryRun: ['All'] } : {}) };
}

type Given = Readonly<Record<string, unknown>>;

function fromQuery(query: URLSearchParams): Given {
  const grace = integer(query, 'gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(query.has('orphanDependents') ? { orphanDependents: isTrue(query.get('orphanDependents')) } : {}),
    ...(policy === null ? {} : { propagationPolicy: policy }),
  };
}

function fromBody(body: unknown): Given {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badRequest('couldn\'t get version/kind; json parse error: DeleteOptions must be an object');
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)) as Given;
  if (given['kind'] !== undefined && given['kind'] !== '' && given['kind'] !== 'DeleteOptions') {
    throw badRequest(`decoded object cannot be converted to DeleteOptions: ${String(given['kind'])}`);
  }
  return given;
}

function preconditions(value: unknown): { readonly uid?: string; readonly resourceVersion?: string } {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) throw wrongType('preconditions', 'v1.Preconditions', value);
  const { uid, resourceVersion } = value as Given;
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  };
}

const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

function wrongType(field: string, type: string, value: unknown): ApiError {
  return badRequest(`json: cannot unmarshal ${typeof value} into Go struct field DeleteOptions.${field} of type ${type}`);
}
