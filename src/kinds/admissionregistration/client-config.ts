/** How webhooks are called: by URL or by service. */
import { type FieldPath, invalid, required } from '../../meta/field-error.ts';
import { dnsSubdomainProblems, portProblems } from '../../meta/names.ts';
import type { Errors } from '../checks.ts';

interface ClientConfigLike {
  readonly url?: string;
  readonly service?: { readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number };
}

/** One of the two, and that sound. */
export function* clientConfigErrors({ url, service }: ClientConfigLike, at: FieldPath): Errors {
  if ((url === undefined) === (service === undefined)) yield required(at, 'exactly one of url or service is required');
  else if (url !== undefined) yield* urlErrors(url, at.child('url'));
  else if (service) yield* serviceErrors(service, at.child('service'));
}

const FORM = '; desired format: https://host[/path]';

function* urlErrors(text: string, at: FieldPath): Errors {
  const parts = partsOf(text);
  if (!parts) return void (yield required(at, `url must be a valid URL: parse ${JSON.stringify(text)}: invalid URI for request${FORM}`));
  const { scheme, host, user, fragment, query } = parts;
  if (scheme !== 'https') yield invalid(at, scheme, `'https' is the only allowed URL scheme${FORM}`);
  if (host === '') yield invalid(at, host, `host must be specified${FORM}`);
  if (user !== undefined) yield invalid(at, user, 'user information is not permitted in the URL');
  if (fragment) yield invalid(at, fragment, 'fragments are not permitted in the URL');
  if (query) yield invalid(at, query, 'query parameters are not permitted in the URL');
}

const URL_PARTS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:([^/?#@]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

/** Text taken apart as RFC 3986 has it, without completing anything. */
function partsOf(text: string): { scheme: string; user: string | undefined; host: string; query: string | undefined; fragment: string | undefined } | undefined {
  const match = /[\p{Cc} ]/u.test(text) ? null : URL_PARTS.exec(text);
  if (!match) return undefined;
  const [, scheme = '', user, host = '', , query, fragment] = match;
  return { scheme: scheme.toLowerCase(), user, host, query, fragment };
}

function* serviceErrors({ namespace, name, path, port }: NonNullable<ClientConfigLike['service']>, at: FieldPath): Errors {
  if (!name) yield required(at.child('name'));
  if (!namespace) yield required(at.child('namespace'));
  const problems = portProblems(port ?? 0);
  if (problems.length > 0) yield invalid(at.child('port'), port, `port is not valid: ${problems.join(', ')}`);
  if (path !== undefined) yield* pathErrors(path, at.child('path'));
}

function* pathErrors(path: string, at: FieldPath): Errors {
  if (path === '' || path === '/') return;
  if (path === '//') return void (yield invalid(at, path, 'segment[0] may not be empty'));
  if (!path.startsWith('/')) yield invalid(at, path, "must start with a '/'");
  for (const [index, step] of path.slice(1).replace(/\/$/, '').split('/').entries()) {
    if (step === '') yield invalid(at, path, `segment[${index}] may not be empty`);
    else for (const problem of dnsSubdomainProblems(step)) yield invalid(at, path, `segment[${index}]: ${problem}`);
  }
}
