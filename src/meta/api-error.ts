import type { FieldError } from './field-error.ts';

/** metav1.Status, the body of every failure. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** Every reason and its HTTP code (metav1.StatusReason); the one table failures come from. */
export const REASONS = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  StorageReadError: 500,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
  ServerTimeout: 500,
  Unknown: 500,
} as const;
export type Reason = keyof typeof REASONS;

/** A failure the caller is told about as a Status. */
export class ApiError extends Error {
  readonly reason: Reason | '';
  readonly code: number;
  readonly details: StatusDetails | undefined;

  constructor(reason: Reason | '', message: string, more: { details?: StatusDetails; code?: number; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'ApiError';
    this.reason = reason;
    this.code = more.code ?? (reason === '' ? 500 : REASONS[reason]);
    this.details = more.details;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }

  /** The error a Status body stands for, on the client's side. */
  static from(status: Partial<Status>, code = status.code ?? 500): ApiError {
    const reason = status.reason && status.reason in REASONS ? (status.reason as Reason) : '';
    const details = status.details === undefined ? {} : { details: status.details };
    return new ApiError(reason, status.message ?? 'unknown', { code: status.code ?? code, ...details });
  }
}

/** Whether `error` is an ApiError with one of these reasons. */
export function isApiError(error: unknown, ...reasons: Reason[]): error is ApiError {
  return error instanceof ApiError && (reasons.length === 0 || (reasons as string[]).includes(error.reason));
}

/** What an error is about: messages name it `replicasets.apps "web"`. */
export interface Subject {
  readonly group: string;
  readonly plural: string;
}

const nameOf = ({ group, plural }: Subject): string => (group === '' ? plural : `${plural}.${group}`);
const detailsOf = ({ group, plural }: Subject, name: string): StatusDetails => ({
  ...(name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: plural,
});

export const notFound = (subject: Subject, name: string): ApiError =>
  new ApiError('NotFound', `${nameOf(subject)} "${name}" not found`, { details: detailsOf(subject, name) });

export const alreadyExists = (subject: Subject, name: string): ApiError =>
  new ApiError('AlreadyExists', `${nameOf(subject)} "${name}" already exists`, { details: detailsOf(subject, name) });

export const OBJECT_CHANGED = 'the object has been modified; please apply your changes to the latest version and try again';

export const conflict = (subject: Subject, name: string, why = OBJECT_CHANGED): ApiError =>
  new ApiError('Conflict', `Operation cannot be fulfilled on ${nameOf(subject)} "${name}": ${why}`, {
    details: detailsOf(subject, name),
  });

export const forbiddenRequest = (subject: Subject, name: string, why: string): ApiError =>
  new ApiError('Forbidden', `${nameOf(subject)} ${name === '' ? '' : `"${name}" `}is forbidden: ${why}`, {
    details: detailsOf(subject, name),
  });

export const badRequest = (message: string): ApiError => new ApiError('BadRequest', message);

/** @param kind the group and kind the object has: messages name it `Pod "web"`, `ReplicaSet.apps "web"`. */
export function invalidObject(kind: { group: string; kind: string }, name: string, errors: readonly FieldError[]): ApiError {
  const lines = errors.map((error) => `${error.field}: ${error.message}`);
  const text = lines.length === 1 ? lines[0]! : `[${lines.join(', ')}]`;
  const title = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return new ApiError('Invalid', `${title} "${name}" is invalid: ${text}`, {
    details: {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.kind,
      causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
    },
  });
}
