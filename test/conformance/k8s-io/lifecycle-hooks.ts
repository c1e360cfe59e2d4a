import type { Lifecycle } from '../../../src/kinds/core/probe.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const PORT = 8080;
/** A server that keeps the path of every request: busybox's httpd answers with a script, which notes its query. */
const NOTES_REQUESTS = `mkdir -p /tmp/www/cgi-bin && printf '#!/bin/sh\\necho "$QUERY_STRING" >> /tmp/requests\\nprintf "Content-Type: text/plain\\\\r\\\\n\\\\r\\\\nok\\\\n"\\n' > /tmp/www/cgi-bin/note && chmod +x /tmp/www/cgi-bin/note && httpd -f -p ${PORT} -h /tmp/www`;

interface Server {
  readonly ip: string;
  /** Whether this was asked for. */
  heard(what: string, seconds?: number): Promise<boolean>;
}

async function server(t: Context): Promise<Server> {
  const readinessProbe = { tcpSocket: { port: PORT }, periodSeconds: 1 };
  const pod = await t.pods.ready({ sh: NOTES_REQUESTS, container: { readinessProbe, ports: [{ containerPort: PORT }] } });
  return {
    ip: pod.status.podIP!,
    heard: (what, seconds = 30) => t.eventually(`the server hears ${what}`, async () => {
      const { stdout } = await t.pods.exec(pod.metadata.name, ['sh', '-c', 'cat /tmp/requests 2>/dev/null; true']);
      return stdout.split('\n').includes(what);
    }, { seconds }),
  };
}

type Kind = 'exec' | 'http';
const handler = (kind: Kind, ip: string, what: string) => (kind === 'exec'
  ? { exec: { command: ['sh', '-c', `wget -q -O - "http://${ip}:${PORT}/cgi-bin/note?${what}"`] } }
  : { httpGet: { host: ip, port: PORT, path: `/cgi-bin/note?${what}` } });

const codename = (what: string) =>
  `[k8s.io] Container Lifecycle Hook when create a pod with lifecycle hook should execute ${what} hook properly [NodeConformance] [Conformance]`;

function postStart(kind: Kind): TestCase {
  const must = 'the hook runs after the container has started';
  return test(codename(`poststart ${kind}`), { musts: [must] }, async (t) => {
    const { ip, heard } = await server(t);
    const lifecycle: DeepPartial<Lifecycle> = { postStart: handler(kind, ip, 'poststart') };
    await t.pods.running({ container: { lifecycle } });
    t.must(must, await heard('poststart'));
  });
}

function preStop(kind: Kind): TestCase {
  const must = 'the hook runs before the container is stopped';
  return test(codename(`prestop ${kind}`), { musts: [must] }, async (t) => {
    const { ip, heard } = await server(t);
    const lifecycle: DeepPartial<Lifecycle> = { preStop: handler(kind, ip, 'prestop') };
    const pod = await t.pods.running({ container: { lifecycle }, spec: { terminationGracePeriodSeconds: 15 } });
    await t.pods.delete(pod.metadata.name);
    await t.pods.untilGone(pod.metadata.name);
    t.must(must, await heard('prestop'));
  });
}

const killed = test('[k8s.io] [sig-node] PreStop should call prestop when killing a pod  [Conformance]', { musts: ['the hook is called before the pod goes'] }, async (t) => {
  const { ip, heard } = await server(t);
  const pod = await t.pods.running({
    container: { lifecycle: { preStop: handler('exec', ip, 'received') } }, spec: { terminationGracePeriodSeconds: 30 },
  });
  await t.pods.delete(pod.metadata.name);
  t.must('the hook is called before the pod goes', await heard('received', 60));
  await t.pods.untilGone(pod.metadata.name, { seconds: 60 });
});

export const lifecycleHooks: readonly TestCase[] = [postStart('exec'), postStart('http'), preStop('exec'), preStop('http'), killed];
