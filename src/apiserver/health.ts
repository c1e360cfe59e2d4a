import type { ApiResponse } from '../wire/api.ts';
import type { Core } from './core.ts';
import type { Exchange } from './exchange.ts';
import { answerText, pageNotFound } from './respond.ts';

interface Check {
  readonly name: string;
  /** Resolves when all is well. */
  run(core: Core): Promise<void>;
}

const CHECKS: readonly Check[] = [
  { name: 'ping', run: async () => undefined },
  { name: 'log', run: async () => undefined },
  { name: 'etcd', run: async ({ driver }) => void (await driver.range({ from: '\u0000', to: '\u0001', at: 0n, limit: 1 })) },
  { name: 'informer-sync', run: async ({ hub }) => hub.fresh() },
  { name: 'poststarthook/rbac/bootstrap-roles', run: async () => undefined },
  { name: 'poststarthook/priority-and-fairness-config-consumer', run: async () => undefined },
  { name: 'poststarthook/priority-and-fairness-config-producer', run: async () => undefined },
  {
    name: 'shutdown',
    run: async ({ stopping }) => {
      if (stopping.aborted) throw new Error('process is shutting down');
    },
  },
];
const ENDPOINTS: Readonly<Record<string, readonly string[]>> = {
  healthz: ['ping', 'log', 'etcd', 'poststarthook/rbac/bootstrap-roles'],
  livez: ['ping', 'log', 'etcd', 'poststarthook/rbac/bootstrap-roles'],
  readyz: CHECKS.map(({ name }) => name),
};

/** `/healthz`, `/livez`, `/readyz`, each check below them, `?verbose` and `?exclude=`. */
export async function serveHealth(core: Core, { info }: Exchange): Promise<ApiResponse> {
  const [, endpoint = '', ...rest] = info.path.split('/');
  const names = ENDPOINTS[endpoint]!;
  const one = rest.join('/');
  if (one !== '' && !names.includes(one)) return pageNotFound();
  const excluded = info.query.getAll('exclude');
  const checks = CHECKS.filter(({ name }) => (one === '' ? names.includes(name) && !excluded.includes(name) : name === one));
  const lines = await Promise.all(checks.map(async (check) => ({ name: check.name, failure: await failureOf(core, check) })));
  for (const { name, failure } of lines) core.metrics.noteHealth(name, endpoint, failure === undefined);
  const failed = lines.some(({ failure }) => failure !== undefined);
  if (!failed && !info.query.has('verbose')) return answerText(200, 'ok');
  const text = lines.map(({ name, failure }) => (failure === undefined ? `[+]${name} ok\n` : `[-]${name} failed: reason withheld\n`)).join('');
  const skipped = excluded.filter((name) => names.includes(name)).map((name) => `[+]${name} excluded: ok\n`).join('');
  return answerText(failed ? 500 : 200, `${text}${skipped}${endpoint} check ${failed ? 'failed' : 'passed'}\n`);
}

async function failureOf(core: Core, { name, run }: Check): Promise<string | undefined> {
  try {
    await run(core);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    core.log.warn('a health check failed', { check: name, error: message });
    return message;
  }
}
