/**
 * Requests through the ingress beside nginx as a proxy for the same backend, one thread each, in turns: how many a second, and
 * the CPU of each, which a busy machine changes less. The goal is half of nginx's. The backend is another nginx, the load wrk, both of Debian; nothing of it where they are not installed.
 */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createClient, createInformers } from '../../src/client/index.ts';
import { FakeApi } from '../../src/client/testing/fake-api.ts';
import { startIngress } from '../../src/ingress/index.ts';
import { ingress, service, slice, to } from '../../src/ingress/testing/objects.ts';
import { issueCa, issueLeaf } from '../../src/wire/node/issue.ts';
import { childOf } from './child.ts';
import { cpuMicros, freePort } from './machine.ts';

const SECONDS = 3;
const TURNS = 3;
const CONNECTIONS = 64;
const HOSTS = 200;

/** `node bench.js serve-ingress PORT`: two hundred hosts, all led to one backend at PORT. Prints its own port. */
export async function serveIngressAlone(backend: number): Promise<void> {
  const api = new FakeApi();
  api.put('/apis/networking.k8s.io/v1/ingressclasses/knarr', { kind: 'IngressClass', metadata: { name: 'knarr' }, spec: { controller: 'knarr.dev/ingress' } });
  for (let n = 0; n < HOSTS; n++) {
    const paths = [{ path: '/', pathType: 'Prefix', backend: to('web') }];
    api.put(`/apis/networking.k8s.io/v1/namespaces/ns/ingresses/i${n}`, ingress(`i${n}`, { rules: [{ host: `h${n}.example`, http: { paths } }] }));
  }
  api.put('/api/v1/namespaces/ns/services/web', service('web'));
  api.put('/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices/web', slice('web', backend, [{ addresses: ['127.0.0.1'] }]));
  const around = { clock: systemClock, log: silent };
  const informers = createInformers(createClient(api.transport), { ...around, random: systemRandom });
  const now = { now: systemClock.now(), random: systemRandom };
  const names = { commonName: 'bench', organizations: [], use: 'server' as const, dnsNames: ['bench'], addresses: [] };
  const fallback = () => issueLeaf(names, issueCa('bench', now.now, now.random), now);
  const running = startIngress({ ...around, informers, host: '127.0.0.1', ports: { http: 0, https: 0 }, shown: { http: 80, https: 443 }, fallback });
  while (!running.ports) await systemClock.sleep(5);
  process.stdout.write(`${process.pid} ${running.ports.http}\n`);
}

interface Running extends AsyncDisposable {
  /** Whose CPU counts. */
  readonly pid: number;
  readonly port: number;
}

/** nginx with one worker and the given `server` block, on a port of its own. */
async function nginx(directory: string, location: string): Promise<Running> {
  const port = await freePort();
  await mkdir(directory, { recursive: true });
  const upstream = /proxy_pass http:\/\/(\S+);/.exec(location)?.[1];
  const server = (host: string): string => `server { listen 127.0.0.1:${port}; server_name ${host}; location / { ${upstream ? location.replace(upstream, 'backend') : location} } }`;
  const servers = upstream ? Array.from({ length: HOSTS }, (_, n) => server(`h${n}.example`)) : [server('_')];
  await writeFile(join(directory, 'nginx.conf'), `
    daemon off; master_process off; pid ${directory}/pid; error_log ${directory}/error.log;
    events { worker_connections 1024; }
    http {
      access_log off; keepalive_requests 100000000; server_names_hash_bucket_size 128;
      client_body_temp_path ${directory}/a; proxy_temp_path ${directory}/b; fastcgi_temp_path ${directory}/c; uwsgi_temp_path ${directory}/d; scgi_temp_path ${directory}/e;
      ${upstream ? `upstream backend { server ${upstream}; keepalive 64; keepalive_requests 100000000; }` : ''}
      ${servers.join('\n')}
    }`);
  const child = spawn('nginx', ['-p', directory, '-c', join(directory, 'nginx.conf')], { stdio: 'inherit' });
  while (!(await answers(port))) await systemClock.sleep(20);
  return { pid: child.pid!, port, [Symbol.asyncDispose]: async () => void child.kill('SIGKILL') };
}

const answers = (port: number): Promise<boolean> => fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false);

interface Measured {
  readonly perSecond: number;
  /** Microseconds of CPU. */
  readonly each: number;
}

async function measure({ pid, port }: Pick<Running, 'pid' | 'port'>): Promise<Measured> {
  await wrk(port, 1);
  const before = await cpuMicros([pid]);
  const { requests, perSecond } = await wrk(port, SECONDS);
  return { perSecond, each: ((await cpuMicros([pid])) - before) / requests };
}

function wrk(port: number, seconds: number): Promise<{ readonly requests: number; readonly perSecond: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-H', 'Host: h7.example', `http://127.0.0.1:${port}/`], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => (text += String(chunk)));
    child.on('error', reject);
    child.on('close', () => {
      if (/Non-2xx|Socket errors/.test(text)) return reject(new Error(text));
      resolve({ requests: Number(/(\d+) requests in/.exec(text)?.[1]), perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]) });
    });
  });
}

export async function measureIngress(directory: string): Promise<void> {
  const missing = (await Promise.all(['nginx', 'wrk'].map((program) => new Promise<string[]>((resolve) => {
    spawn(program, ['-v'], { stdio: 'ignore' }).on('error', () => resolve([program])).on('close', () => resolve([]));
  })))).flat();
  if (missing.length > 0) return console.log(`ingress: not measured, ${missing.join(' and ')} not installed`);
  await using backend = await nginx(join(directory, 'backend'), 'return 200 "hello from a backend\\n";');
  await using peer = await nginx(join(directory, 'peer'), `proxy_pass http://127.0.0.1:${backend.port}; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;`);
  await using child = childOf(['serve-ingress', String(backend.port)]);
  const [pid = 0, port = 0] = (await child.line()).split(' ').map(Number);
  const [ours, theirs]: [Measured[], Measured[]] = [[], []];
  for (let turn = 0; turn < TURNS; turn++) {
    ours.push(await measure({ pid, port }));
    theirs.push(await measure(peer));
  }
  const [we, they] = [median(ours), median(theirs)];
  const line = ({ perSecond, each }: Measured): string => `${Math.round(perSecond)} requests a second, ${each.toFixed(1)} µs of CPU each`;
  console.log(`ingress: ${line(we)}; nginx: ${line(they)}; ${Math.round((100 * we.perSecond) / they.perSecond)} % of its rate, ${Math.round((100 * they.each) / we.each)} % by CPU`);
}

function median(turns: readonly Measured[]): Measured {
  const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
  return { perSecond: middle(turns.map(({ perSecond }) => perSecond)), each: middle(turns.map(({ each }) => each)) };
}
