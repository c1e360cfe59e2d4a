/**
 * `/logs/?query=NAME`: what services of the machine have logged, to the journal or to a file of their name (KEP-2258). A name with
 * a slash is a file below /var/log.
 */
import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { messageOf } from '../../base/message-of.ts';
import { FieldPath, invalid, required, tooMany } from '../../meta/field-error.ts';
import type { FieldError } from '../../meta/field-error.ts';
import { parsePattern } from '../../meta/regexp/parse.ts';
import { parseTime } from '../../meta/time.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import type { Mounter } from '../volumes/mounter.ts';
import { plain } from './plain.ts';
import { systemLogs } from './system-logs.ts';

export interface LogQuery {
  readonly services: readonly string[];
  readonly files: readonly string[];
  readonly options: LogOptions;
}

interface LogOptions {
  readonly sinceTime?: string;
  readonly untilTime?: string;
  readonly tailLines?: number;
  /** 0 is the running system, -1 the one before. */
  readonly boot?: number;
  readonly pattern?: string;
}

export interface LogSource {
  /** /var/log everywhere but in tests. */
  readonly root: string;
  readonly run: Mounter['run'];
}

const MOST_LINES = 100_000;
const MOST_NAME = 256;
const MOST_SERVICES = 4;
const MOST_SECONDS = 30;
const UNSAFE = /[^a-zA-Z\-_0-9@]/;
const at = (name: string) => FieldPath.of(name);

/** @param path the segments below `/logs/` */
export async function queriedLogs(source: LogSource, request: ApiRequest, path: readonly string[]): Promise<ApiResponse> {
  const { query, problems } = parseLogQuery(new URL(request.url, 'http://kubelet').searchParams);
  if (problems.length > 0) return refused(400, problems);
  if (!query) return systemLogs(source.root, request, path);
  if (path.length > 0) return plain(406, 'path not allowed in query mode\n');
  const wrong = await problemsOf(query, source.root);
  if (wrong.length > 0) return refused(406, wrong);
  const [file] = query.files;
  if (file !== undefined) return systemLogs(source.root, request, segmentsOf(file));
  return { ...plain(200, await logsOf(query, source, request)), headers: { 'content-type': 'text/plain;charset=UTF-8' } };
}

const segmentsOf = (file: string): readonly string[] => file.replaceAll('\\', '/').split('/').filter((segment) => segment !== '');

function refused(status: number, problems: readonly FieldError[]): ApiResponse {
  const texts = [...new Set(problems.map(({ field, message }) => `${field}: ${message}`))];
  return plain(status, `${texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`}\n`);
}

/** No query where nothing of one is asked for: then it is a plain request for a file. */
export function parseLogQuery(params: URLSearchParams): { readonly query: LogQuery | undefined; readonly problems: readonly FieldError[] } {
  const problems: FieldError[] = [];
  const asked = params.getAll('query');
  const files = asked.filter((name) => /[/\\]/.test(name));
  const services = asked.filter((name) => !/[/\\]/.test(name) && name.trim() !== '');
  if (asked.length > 0 && files.length + services.length === 0) problems.push(invalid(at('query'), asked, 'query cannot be empty'));
  const time = (name: 'sinceTime' | 'untilTime') => {
    const text = params.get(name);
    if (!text) return {};
    if (parseTime(text) === undefined) problems.push(invalid(at(name), text, 'invalid time format'));
    return { [name]: text };
  };
  const number = (name: 'boot' | 'tailLines') => {
    const text = params.get(name);
    if (!text) return {};
    if (!/^[-+]?\d+$/.test(text)) problems.push(invalid(at(name), text, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`));
    return { [name]: Number(text) };
  };
  const pattern = params.get('pattern');
  const options: LogOptions = { ...time('sinceTime'), ...time('untilTime'), ...number('boot'), ...number('tailLines'), ...(pattern ? { pattern } : {}) };
  const isQuery = files.length + services.length > 0 || Object.keys(options).length > 0;
  return { query: isQuery ? { services, files, options } : undefined, problems };
}

async function problemsOf({ services, files, options }: LogQuery, root: string): Promise<readonly FieldError[]> {
  const { sinceTime, untilTime, boot, tailLines, pattern } = options;
  const [file] = files;
  const problems = services.flatMap((name) => {
    const why = name.length > MOST_NAME ? 'length must be less than 100' : UNSAFE.test(name) ? 'input contains unsupported characters' : undefined;
    return why === undefined ? [] : [invalid(at('query'), name, why)];
  });
  if (services.length > MOST_SERVICES) problems.push(tooMany(at('query'), services.length, MOST_SERVICES));
  if (file === undefined && services.length === 0) problems.push(required(at('query'), 'cannot be empty with options'));
  else if (file !== undefined && services.length > 0) problems.push(invalid(at('query'), `[${files.join(' ')}], [${services.join(' ')}]`, 'cannot specify a file and service'));
  else if (files.length > 1) problems.push(invalid(at('query'), files, 'cannot specify more than one file'));
  else if (file !== undefined && Object.keys(options).length > 0) problems.push(invalid(at('query'), files, 'cannot specify file with options'));
  else if (file !== undefined && !(await inside(root, segmentsOf(file)))) problems.push(invalid(at('query'), files, `stat ${join(root, ...segmentsOf(file))}: no such file or directory`));
  if (sinceTime !== undefined && untilTime !== undefined && parseTime(sinceTime)! > parseTime(untilTime)!) problems.push(invalid(at('untilTime'), untilTime, 'must be after `sinceTime`'));
  if (boot !== undefined && boot > 0) problems.push(invalid(at('boot'), boot, 'must be less than 1'));
  if (tailLines !== undefined && (tailLines < 0 || tailLines > MOST_LINES)) problems.push(invalid(at('tailLines'), tailLines, `must be between 0 and ${MOST_LINES}, inclusive`));
  const malformed = pattern === undefined ? undefined : patternProblem(pattern);
  if (malformed !== undefined) problems.push(invalid(at('pattern'), pattern, malformed));
  return problems;
}

function patternProblem(pattern: string): string | undefined {
  try {
    parsePattern(pattern);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The file's own path, where links do not lead out. */
async function inside(root: string, path: readonly string[]): Promise<string | undefined> {
  const base = await realpath(root).catch(() => root);
  const file = await realpath(join(root, ...path)).catch(() => undefined);
  return file !== undefined && file.startsWith(`${base}${sep}`) ? file : undefined;
}

/** Trouble is told in the text, as it has begun to be answered by then upstream. */
async function logsOf({ services, options }: LogQuery, { root, run }: LogSource, request: ApiRequest): Promise<string> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(MOST_SECONDS * 1000)]);
  const journal: string[] = [];
  const others: string[] = [];
  for (const service of services) {
    const { code, stdout } = await run('journalctl', ['--unit', service, '--quiet', '--no-pager', '--lines=1'], signal);
    (code === 0 && stdout !== '' ? journal : others).push(service);
  }
  const parts: string[] = [];
  if (journal.length > 0) {
    const { stdout, stderr } = await run('journalctl', journalArguments(journal, options), signal);
    parts.push(stdout, stderr);
  }
  if (others.length > 0 && Object.keys(options).length > 0) return [...parts, `\noptions present and query resolved to log files for [${others.join(' ')}]\ntry without specifying options\n`].join('');
  for (const service of others) parts.push(await fileOf(root, service));
  return parts.join('');
}

export function journalArguments(services: readonly string[], { sinceTime, untilTime, tailLines, boot = 0, pattern }: LogOptions): readonly string[] {
  const local = (text: string): string => new Date(parseTime(text)!).toISOString().slice(0, 19).replace('T', ' ');
  return [
    '--utc', '--no-pager', '--output=short-precise', ...(sinceTime === undefined ? [] : [`--since=${local(sinceTime)}`]), ...(untilTime === undefined ? [] : [`--until=${local(untilTime)}`]),
    ...(tailLines === undefined ? [] : [`--lines=${tailLines}`]), ...services.map((name) => `--unit=${name}`), ...(pattern === undefined ? [] : [`--grep=${pattern}`, '--case-sensitive=false']),
    '--boot', String(boot),
  ];
}

/** `/var/log/NAME`, `/var/log/NAME.log` or `/var/log/NAME/NAME.log`, the first that is a file. */
async function fileOf(root: string, service: string): Promise<string> {
  for (const path of [[service], [`${service}.log`], [service, `${service}.log`]]) {
    const file = await inside(root, path);
    if (file !== undefined && (await stat(file)).isFile()) return readFile(file, 'utf8').catch((error: unknown) => `\nerror getting log for ${service}: ${messageOf(error)}\n`);
  }
  return `\nlog not found for ${service}\n`;
}
