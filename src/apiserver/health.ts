import { messageOf } from '../base/message-of.ts';
import type { ApiResponse } from '../wire/api.ts';
import type { Core } from './core.ts';
import type { Exchange } from './exchange.ts';
import { answerText, pageNotFound } from './respond.ts';

interface Check {
  readonly name: string;
  /** Resolves when all is well. */
  run(core: Core): Promise<void>;
}

/** Done before the server answers its first request. */
const STARTED = [
  'priority-and-fairness-config-consumer', 'start-system-namespaces-controller', 'start-cluster-authentication-info-controller', 'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes', 'priority-and-fairness-config-producer',
]
  .map((name): Check => ({ name: `poststarthook/${name}`, run: async () => undefined }));
const askStore: Check['run'] = async ({ driver }) => void (await driver.range({ from: '\u0000', to: '\u0001', at: 0n, limit: 1 }));

const ALIVE: readonly Check[] = [
  { name: 'ping', run: async () => undefined },
  { name: 'log', run: async () => undefined },
  { name: 'etcd', run: askStore },
  ...STARTED,
];
const READY: readonly Check[] = [
  ...ALIVE.slice(0, 3),
  { name: 'etcd-readiness', run: askStore },
  { name: 'informer-sync', run: async ({ hub }) => hub.fresh() },
  ...STARTED,
  {
    name: 'shutdown',
    run: async ({ stopping }) => {
      if (stopping.aborted) throw new Error('process is shutting down');
    },
  },
];
const ENDPOINTS: Readonly<Record<string, readonly Check[]>> = { healthz: ALIVE, livez: ALIVE, readyz: READY };

/** `/healthz`, `/livez`, `/readyz`, each check below them, `?verbose` and `?exclude=`. */
export async function serveHealth(core: Core, { info }: Exchange): Promise<ApiResponse> {
  const [, endpoint = '', ...rest] = info.path.split('/');
  const checks = ENDPOINTS[endpoint]!;
  const one = rest.join('/');
  if (one !== '') return serveOne(core, endpoint, checks.find(({ name }) => name === one));
  const excluded = new Set(info.query.getAll('exclude'));
  const results = await Promise.all(checks.map(async (check) => ({ name: check.name, failure: excluded.has(check.name) ? undefined : await failureOf(core, check) })));
  for (const { name, failure } of results) if (!excluded.has(name)) core.metrics.noteHealth(name, endpoint, failure === undefined);
  const failed = results.some(({ failure }) => failure !== undefined);
  if (!failed && !info.query.has('verbose')) return plain(200, 'ok');
  const lines = results.map(({ name, failure }) =>
    (excluded.has(name) ? `[+]${name} excluded: ok\n` : failure === undefined ? `[+]${name} ok\n` : `[-]${name} failed: reason withheld\n`));
  const unknown = [...excluded].filter((name) => !checks.some((check) => check.name === name)).map((name) => JSON.stringify(name));
  if (unknown.length > 0) lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown.join(',')}\n`);
  return plain(failed ? 500 : 200, `${lines.join('')}${endpoint} check ${failed ? 'failed' : 'passed'}\n`);
}

async function serveOne(core: Core, endpoint: string, check: Check | undefined): Promise<ApiResponse> {
  if (!check) return pageNotFound();
  const failure = await failureOf(core, check);
  core.metrics.noteHealth(check.name, endpoint, failure === undefined);
  return failure === undefined ? plain(200, 'ok') : plain(500, `internal server error: ${failure}\n`);
}

function plain(status: number, text: string): ApiResponse {
  const response = answerText(status, text);
  return { ...response, headers: { ...response.headers, 'x-content-type-options': 'nosniff' } };
}

async function failureOf(core: Core, { name, run }: Check): Promise<string | undefined> {
  try {
    await run(core);
    return undefined;
  } catch (error) {
    const message = messageOf(error);
    core.log.warn('a health check failed', { check: name, error: message });
    return message;
  }
}
