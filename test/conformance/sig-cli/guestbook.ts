import { readBytes } from '../../../src/client/index.ts';
import type { Context } from '../framework/context.ts';
import { kubectl } from '../framework/kubectl.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const PORT = 8080;
const MUSTS = ['the parts work together', 'what is written is read back'];

/** A web server with these scripts below /cgi-bin. A query is `key=value`. */
function serves(scripts: Readonly<Record<string, string>>): string {
  const files = Object.entries(scripts).map(([name, script]) => {
    const whole = `#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\n${script}\n`;
    return `echo ${Buffer.from(whole).toString('base64')} | base64 -d > /tmp/www/cgi-bin/${name} && chmod +x /tmp/www/cgi-bin/${name}`;
  });
  return ['mkdir -p /tmp/www/cgi-bin /tmp/data', ...files, `httpd -f -p ${PORT} -h /tmp/www`].join(' && ');
}

const ask = (service: string, script: string) => `wget -q -O - "http://${service}:${PORT}/cgi-bin/${script}?$QUERY_STRING"`;

/** The store; its read-only copies, which ask it; and what users see, which writes to the one and reads from the others. */
const PARTS: readonly { readonly name: string; readonly replicas: number; readonly sh: string }[] = [
  {
    name: 'agnhost-primary', replicas: 1,
    sh: serves({ set: 'printf "%s" "${QUERY_STRING#*=}" > /tmp/data/"${QUERY_STRING%%=*}"; echo OK', get: 'cat /tmp/data/"${QUERY_STRING%%=*}"' }),
  },
  { name: 'agnhost-replica', replicas: 2, sh: serves({ get: ask('agnhost-primary', 'get') }) },
  { name: 'frontend', replicas: 3, sh: serves({ set: ask('agnhost-primary', 'set'), get: ask('agnhost-replica', 'get') }) },
];

function objects(t: Context, { name, replicas, sh }: (typeof PARTS)[number]): readonly object[] {
  const labels = { app: name };
  const container = t.pods.container('main', sh, { ports: [{ containerPort: PORT }], readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 } });
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: labels, ports: [{ port: PORT }] } },
    {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name },
      spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } } },
    },
  ];
}

const guestbook = test('[sig-cli] Kubectl client Guestbook application should create and stop a working application  [Conformance]', { musts: MUSTS, timeoutSeconds: 300 }, async (t) => {
  const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: PARTS.flatMap((part) => objects(t, part)) });
  await kubectl(t, ['create', '-f', '-'], manifest);
  for (const { name } of PARTS) await kubectl(t, ['rollout', 'status', `deployment/${name}`, '--timeout=120s']);
  const frontend = async (script: string): Promise<string> => {
    const url = `/api/v1/namespaces/${t.namespace}/services/frontend:${PORT}/proxy/cgi-bin/${script}`;
    const response = await t.client.request({ method: 'GET', url, signal: t.signal });
    return (await readBytes(response.body)).trim();
  };
  t.must(MUSTS[0]!, await t.eventually('an entry is taken', async () => (await frontend('set?messages=TestEntry')) === 'OK', { seconds: 60 }));
  t.must(MUSTS[1]!, await t.eventually('the entry is read back', async () => (await frontend('get?messages=')) === 'TestEntry', { seconds: 60 }));
  await kubectl(t, ['delete', '--grace-period=0', '--force', '-f', '-'], manifest);
});

export const guestbookTests: readonly TestCase[] = [guestbook];
