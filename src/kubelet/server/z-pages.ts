/** `/statusz` and `/flagz`: for people who look into a component, or in JSON for who asks for that version of it (KEP-4827, KEP-4828). */
import { formatTime } from '../../meta/time.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { json, plain } from './plain.ts';
import type { ServerContext } from './kubelet-server.ts';

const WARNING = 'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.';
const API_VERSION = 'config.k8s.io/v1beta1';
/** What is in force of which release. */
const EMULATED = '1.36';
const PATHS = ['/configz', '/flagz', '/healthz', '/metrics'];

export function statusz({ context: { clock }, process }: ServerContext, request: ApiRequest): ApiResponse {
  const { startedAt, version } = process;
  const seconds = Math.max(0, Math.floor((clock.now() - startedAt) / 1000));
  const binaryVersion = version.replace(/^v/, '');
  return page(request, 'Statusz', {
    object: { startTime: formatTime(startedAt), uptimeSeconds: seconds, goVersion: 'none', binaryVersion, emulationVersion: EMULATED, paths: PATHS },
    text: () => ['kubelet statusz', WARNING, '', `Started: ${unixDate(startedAt)}`, `Up: ${upFor(seconds)}`, 'Go version: none', `Binary version: ${binaryVersion}`, `Emulation version: ${EMULATED}`, `Paths: ${PATHS.join(' ')}`],
  });
}

export function flagz({ process: { flags } }: ServerContext, request: ApiRequest): ApiResponse {
  const sorted = Object.entries(flags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return page(request, 'Flagz', { object: { flags: Object.fromEntries(sorted) }, text: () => ['kubelet flags', WARNING, '', ...sorted.map(([name, value]) => `${name}=${value}`)] });
}

interface Page {
  readonly object: object;
  readonly text: () => readonly string[];
}

function page({ headers }: ApiRequest, kind: string, { object, text }: Page): ApiResponse {
  const media = acceptedOf(headers.accept ?? '', kind);
  if (media === 'json') return json({ kind, apiVersion: API_VERSION, metadata: { name: 'kubelet' }, ...object });
  if (media === 'text') return plain(200, `\n${text().join('\n')}\n`);
  return plain(406, `only the following media types are accepted: text/plain, application/json;g=config.k8s.io;v=v1beta1;as=${kind}\n`);
}

/** JSON is had by its full name alone: nobody shall depend on a version without knowing it. */
function acceptedOf(accept: string, kind: string): 'text' | 'json' | undefined {
  if (accept.trim() === '') return 'text';
  for (const clause of accept.split(',')) {
    const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
    const params = new Map(rest.map((part) => part.split('=')).map(([name = '', value = '']) => [name.toLowerCase(), value]));
    if (type === 'application/json' && params.get('g') === 'config.k8s.io' && params.get('v') === 'v1beta1' && params.get('as') === kind) return 'json';
    if (['text/plain', 'text/*', '*/*'].includes(type) && (params.get('charset') ?? 'utf-8').toLowerCase() === 'utf-8') return 'text';
  }
  return undefined;
}

/** `Wed Oct 16 21:03:43 UTC 2024`. */
function unixDate(at: number): string {
  const [, day = '', date = '', month = '', year = '', time = ''] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(at).toUTCString()) ?? [];
  return `${day} ${month} ${date.replace(/^0/, ' ')} ${time} UTC ${year}`;
}

const upFor = (seconds: number): string => `${Math.floor(seconds / 3600)} hr ${two(Math.floor(seconds / 60) % 60)} min ${two(seconds % 60)} sec`;
const two = (value: number): string => String(value).padStart(2, '0');
