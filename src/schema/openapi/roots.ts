import type { Kind } from '../kind.ts';
import { capital, groupWord, JSON_TYPES, type Operation, operationsOf, type OperationOptions, PROTOBUF, type SharedShape, tagOf } from './operations.ts';

/** What one document of `/openapi/v3` covers; `/openapi/v2` covers all. */
export interface Root {
  /** Without the leading slash: `api/v1`, `apis/apps`, `version`. */
  readonly path: string;
  /** Whose paths it has, beside its own: all that makes one differ from another of that path. */
  readonly kinds: readonly Kind[];
  operations(optionsOf: (kind: Kind) => OperationOptions): readonly Operation[];
}

const TYPES = [...JSON_TYPES, PROTOBUF];

/** The documents there are for `kinds`, in order of path. */
export function rootsOf(kinds: readonly Kind[]): readonly Root[] {
  const listed = kinds.filter(({ verbs }) => verbs === undefined || verbs.length > 0);
  const versions = new Map(listed.map(({ group, version }) => [`${group}/${version}`, { group, version }]));
  const groups = new Set(listed.map(({ group }) => group).filter((group) => group !== ''));
  const roots = [
    ...FIXED,
    ...[...groups].map((group) => documents(`apis/${group}`, { id: `get${groupWord(group)}APIGroup`, tag: tagOf(group), description: `read the versions of ${group}`, answer: 'APIGroup' })),
    ...[...versions.values()].map(({ group, version }) => groupVersion(group, version, listed)),
  ];
  return roots.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function groupVersion(group: string, version: string, kinds: readonly Kind[]): Root {
  const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
  const own = documents(path, {
    id: `get${groupWord(group)}${capital(version)}APIResources`, tag: tagOf(group, version), description: 'read the resources there are', answer: 'APIResourceList',
  });
  const here = kinds.filter((kind) => kind.group === group && kind.version === version);
  return { path, kinds: here, operations: (optionsOf) => [...own.operations(optionsOf), ...here.flatMap((kind) => operationsOf(kind, optionsOf(kind)))] };
}

interface Document {
  readonly id: string;
  readonly tag: string;
  readonly description: string;
  readonly answer: SharedShape;
}

/** A document of discovery at its own path. */
function documents(path: string, document: Document): Root {
  return fixed(path, { ...document, consumes: TYPES, produces: TYPES });
}

function fixed(path: string, operation: Omit<Operation, 'path' | 'method'>): Root {
  return { path, kinds: [], operations: () => [{ ...operation, method: 'get', path: `/${path}/` }] };
}

const LOGS: readonly Operation[] = [
  { method: 'get', path: '/logs/', id: 'logFileListHandler', tag: 'logs', description: "list the server's log files" },
  { method: 'get', path: '/logs/{logpath}', id: 'logFileHandler', tag: 'logs', description: 'read a log file' },
];

const FIXED: readonly Root[] = [
  documents('api', { id: 'getCoreAPIVersions', tag: 'core', description: 'read the versions of the core group', answer: 'APIVersions' }),
  documents('apis', { id: 'getAPIVersions', tag: 'apis', description: 'read the groups there are', answer: 'APIGroupList' }),
  fixed('version', { id: 'getCodeVersion', tag: 'version', description: 'read which version this server has', answer: 'VersionInfo', consumes: ['application/json'], produces: ['application/json'] }),
  fixed('.well-known/openid-configuration', {
    id: 'getServiceAccountIssuerOpenIDConfiguration', tag: 'WellKnown', description: 'read how service account tokens are verified', answer: 'string', produces: ['application/json'],
  }),
  fixed('openid/v1/jwks', {
    id: 'getServiceAccountIssuerOpenIDKeyset', tag: 'openid', description: 'read the keys that sign service account tokens', answer: 'string', produces: ['application/jwk-set+json'],
  }),
  { path: 'logs', kinds: [], operations: () => LOGS },
];
