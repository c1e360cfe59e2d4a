/** Exec, attach, cp, logs and port-forward on a real pod, by every protocol that clients speak. */
import { randomBytes } from 'node:crypto';
import { createConnection } from 'node:net';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { Attach, Exec, KubeConfig, Log, PortForward, type V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectCluster, linesOf } from '../../src/kit/client/index.ts';
import { SpdyClient } from '../../src/wire/spdy-client.ts';
import { apiClient, talk, tunnelled, type ApiClient } from './testing/api-client.ts';
import { eventually, fetchText, freePort, run, startCluster, type Cluster, type RunOptions } from './testing/cluster.ts';
import { kubectls } from './testing/kubectl.ts';

const POD = `
apiVersion: v1
kind: Pod
metadata: { name: p }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: c
      image: knarr.local/busybox:1
      stdin: true
      command: [sh, -c, 'mkdir -p /www; echo hello > /www/index.html; httpd -p 8080 -h /www; nc -ll -p 9000 -e cat & echo started; while read line; do echo "heard $line"; done; sleep 3600']
      ports: [{ containerPort: 8080 }]
    - { name: other, image: 'knarr.local/busybox:1', command: [sleep, '3600'] }
`;
const PATH = '/api/v1/namespaces/default/pods/p';
let cluster: Cluster;
let api: ApiClient;
beforeAll(async () => {
  cluster = await startCluster();
  api = await apiClient(cluster.kubeconfig);
  await eventually('the default account is there', () => cluster.kubectl('get', 'serviceaccount', 'default'));
  await cluster.kubectlWith(POD, 'apply', '-f', '-');
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/p', '--timeout=60s');
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** Each kubectl by what it can speak; older than 1.29 know SPDY alone and ignore the variables. */
const CLIENTS = (await kubectls()).flatMap(({ file, version }) => (Number(version.split('.')[1]) < 29 ? ['false'] : ['true', 'false']).map((webSockets) => ({ file, version, webSockets })));

const hasDebug = (version: string): boolean => Number(version.split('.')[1]) >= 23;

describe.each(CLIENTS)('kubectl $version, WebSockets: $webSockets', ({ file, version, webSockets }) => {
  const env = () => ({ KUBECONFIG: cluster.kubeconfig, KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets, KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets });
  const kubectl = (args: readonly string[], options: RunOptions = {}) => run(file, args, { ...options, env: env() });
  const inPod = (...command: readonly string[]) => kubectl(['exec', 'p', '-c', 'c', '--', ...command]);

  test('exec: both outputs, exit code, and what cannot be started', async () => {
    expect(await inPod('sh', '-c', 'echo out; echo err >&2; exit 7')).toMatchObject({ code: 7, stdout: 'out\n', stderr: expect.stringContaining('err\n') as string });
    expect((await inPod('no-such-command')).stderr).toMatch(/executable file not found in \$PATH/);
    expect((await kubectl(['exec', 'p', '-c', 'x', '--', 'true'])).stderr).toContain('container x is not valid for pod p');
  });

  test('exec -i: input to its end, more than a buffer, and input that ends early', async () => {
    const text = randomBytes(1 << 20).toString('hex');
    expect((await kubectl(['exec', '-i', 'p', '-c', 'c', '--', 'wc', '-c'], { input: text })).stdout.trim()).toBe(String(2 << 20));
    expect((await kubectl(['exec', '-i', 'p', '-c', 'c', '--', 'cat'], { input: text })).stdout).toBe(text);
    // No more than the buffers on the way take: containerd 1.6 can hang over input that nobody reads any more.
    expect((await kubectl(['exec', '-i', 'p', '-c', 'c', '--', 'sh', '-c', 'read x; echo $x'], { input: `first\n${text.slice(0, 50_000)}` })).stdout).toBe('first\n');
    expect(await kubectl(['exec', '-i', 'p', '-c', 'c', '--', 'sh', '-c', 'cat; sleep 1; echo after'], { input: '' })).toMatchObject({ code: 0, stdout: 'after\n' });
  });

  test('exec -it has a terminal of the right size', async () => {
    const command = `${file} exec -it p -c c -- sh -c 'tty; sleep 1; stty size; echo $((6*7)); exit 3'`;
    const { stdout, code } = await run('script', ['-qec', `stty rows 33 cols 77; ${command}`, '/dev/null'], { env: { ...env(), TERM: 'xterm' } });
    expect(stdout).toMatch(/\/dev\/pts\/0\r\n\S*33 77\r\n42\r\n/);
    expect(code).toBe(3);
  });

  test('large output arrives whole', async () => {
    expect((await inPod('sh', '-c', 'head -c 30000000 /dev/zero | tr "\\0" x')).stdout).toHaveLength(30_000_000);
  });

  test('cp there and back', async () => {
    const [there, back] = [join(cluster.dataDir, `there-${webSockets}`), join(cluster.dataDir, `back-${webSockets}`)];
    await writeFile(there, randomBytes(2_000_000));
    expect(await kubectl(['cp', there, 'p:/tmp/copied', '-c', 'c'])).toMatchObject({ code: 0 });
    expect(await kubectl(['cp', 'p:/tmp/copied', back, '-c', 'c'])).toMatchObject({ code: 0 });
    expect(Buffer.compare(await readFile(there), await readFile(back))).toBe(0);
  });

  test('logs -f and attach see what the main process says', async () => {
    const word = `w${webSockets}${file.length}`;
    const log = run('timeout', ['5', file, 'logs', '-f', 'p', '-c', 'c'], { env: env() });
    const attached = run('timeout', ['5', 'sh', '-c', `(sleep 1; echo ${word}; sleep 3) | ${file} attach -i p -c c`], { env: env() });
    expect((await attached).stdout).toContain(`heard ${word}\n`);
    expect((await log).stdout).toContain(`heard ${word}\n`);
  });

  test('port-forward: connections at once, half-closed ones, and to a port nobody listens on', async () => {
    const [port, echo, nobody] = [await freePort(), await freePort(), await freePort()];
    const stopper = run('timeout', ['20', file, 'port-forward', 'p', `${port}:8080`, `${echo}:9000`, `${nobody}:9`], { env: env() });
    await eventually('it listens', () => fetchText(`http://127.0.0.1:${port}/`), 10);
    expect(await Promise.all(Array.from({ length: 8 }, () => fetchText(`http://127.0.0.1:${port}/`)))).toEqual(Array(8).fill('hello\n'));
    expect(await echoed(echo, 'to the end')).toBe('to the end');
    await expect(fetchText(`http://127.0.0.1:${nobody}/`)).rejects.toThrow();
    const more = await fetchText(`http://127.0.0.1:${port}/`).catch(() => 'over'); // since v1.32 an error in one ends all
    expect(['hello\n', 'over']).toContain(more);
    void stopper;
  });

  // Before 1.23 ephemeral containers were set by an object of another kind, which is gone.
  test.runIf(hasDebug(version))('debug puts a container beside it', async () => {
    const name = `d${CLIENTS.findIndex((one) => one.file === file && one.webSockets === webSockets)}`;
    const command = `(sleep 6) | ${file} debug p --image=knarr.local/busybox:1 --container=${name} -i -- sh -c 'sleep 3; echo from the debugger'`;
    const { stdout, stderr } = await run('sh', ['-c', command], { env: env() });
    expect(stdout + stderr).toContain('from the debugger');
  });
});

/** Sends, half-closes, and gives what comes back until the other side ends. */
function echoed(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
    let back = '';
    socket.on('data', (chunk) => (back += String(chunk)));
    socket.on('end', () => resolve(back));
    socket.on('error', reject);
    socket.end(text);
  });
}

describe('WebSockets', () => {
  const command = (words: readonly string[], streams: string) => `${PATH}/exec?container=c&${streams}&${words.map((word) => `command=${encodeURIComponent(word)}`).join('&')}`;
  /** What came on a channel. */
  const channel = (messages: readonly (string | Buffer)[], number: number, isBase64: boolean): string =>
    messages.map((message) => (isBase64 ? Buffer.concat([Buffer.from([Number(String(message)[0])]), Buffer.from(String(message).slice(1), 'base64')]) : (message as Buffer)))
      .filter((message) => message[0] === number).map((message) => message.subarray(1).toString()).join('');

  test.each([['channel.k8s.io', false], ['base64.channel.k8s.io', true], ['v4.channel.k8s.io', false], ['v4.base64.channel.k8s.io', true], ['v5.channel.k8s.io', false]])('exec by %s', async (protocol, isBase64) => {
    const caller = await talk(api, command(['sh', '-c', 'read x; echo out $x; echo err >&2; exit 7'], 'stdin=true&stdout=true&stderr=true'), [protocol]);
    expect(caller.protocol).toBe(protocol);
    caller.socket.send(isBase64 ? `0${Buffer.from('in\n').toString('base64')}` : Buffer.from('\0in\n'));
    await caller.closed;
    expect([channel(caller.messages, 1, isBase64), channel(caller.messages, 2, isBase64)]).toEqual(['out in\n', 'err\n']);
    const end = channel(caller.messages, 3, isBase64);
    if (protocol.startsWith('v')) expect(JSON.parse(end)).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '7' }] } });
    else expect(end).toMatch(/exit code 7|exit status 7|non-zero exit code: 7/);
  });

  test('v5 ends the input and goes on to listen', async () => {
    const caller = await talk(api, command(['sh', '-c', 'cat; echo and the rest'], 'stdin=true&stdout=true'), ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
    caller.socket.send(Buffer.from('\0some, '));
    caller.socket.send(Buffer.from([255, 0]));
    expect(await caller.closed).toBe(1000);
    expect(channel(caller.messages, 1, false)).toBe('some, and the rest\n');
    expect(JSON.parse(channel(caller.messages, 3, false))).toEqual({ metadata: {}, status: 'Success' });
  });

  test('a terminal is told its size', async () => {
    // The size goes its own way and may come after what is typed.
    const waits = 'read x; until stty size 2>/dev/null | grep "37 91"; do sleep 0.1; done';
    const caller = await talk(api, command(['sh', '-c', waits], 'stdin=true&stdout=true&tty=true'), ['v5.channel.k8s.io']);
    caller.socket.send(Buffer.from('\x04{"Width":91,"Height":37}'));
    caller.socket.send(Buffer.from('\0go\n'));
    await caller.until((messages) => channel(messages, 1, false).includes('37 91'));
    caller.socket.close();
  });

  test('a reader that is slow gets it all', async () => {
    const caller = await talk(api, command(['sh', '-c', 'head -c 20000000 /dev/zero'], 'stdout=true'), ['v5.channel.k8s.io']);
    caller.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    caller.socket.resume();
    await caller.closed;
    expect(channel(caller.messages, 1, false)).toHaveLength(20_000_000);
    expect(JSON.parse(channel(caller.messages, 3, false))).toMatchObject({ status: 'Success' });
  });

  test('errors before the upgrade are Statuses', async () => {
    await expect(talk(api, `${PATH}/exec?container=x&command=a&stdout=true`, ['v5.channel.k8s.io'])).rejects.toThrow(/^400 .*container x is not valid for pod p/);
    await expect(talk(api, `${PATH.replace(/p$/, 'nobody')}/exec?command=a`, ['v4.channel.k8s.io'])).rejects.toThrow(/^404 .*"reason":"NotFound"/);
    await expect(talk(api, `${PATH}/log?container=x`, ['binary.k8s.io'])).rejects.toThrow(/^400 .*"kind":"Status"/);
  });

  test.each([['binary.k8s.io'], ['base64.binary.k8s.io'], ['']])('logs by "%s"', async (protocol) => {
    const caller = await talk(api, `${PATH}/log?container=c&follow=true`, protocol === '' ? [] : [protocol]);
    const text = (messages: readonly (string | Buffer)[]) => messages.map((one) => (protocol.startsWith('base64') ? Buffer.from(String(one), 'base64') : one).toString()).join('');
    await caller.until((messages) => text(messages).includes('started\n'));
    caller.socket.close(1000);
    expect(await caller.closed).toBe(1000);
  });

  test('port-forward by v4.channel.k8s.io: two channels a port, which say the port first', async () => {
    const caller = await talk(api, `${PATH}/portforward?ports=8080`, ['v4.channel.k8s.io']);
    await caller.until((messages) => messages.length >= 2);
    expect(caller.messages.slice(0, 2).map((one) => [...(one as Buffer)])).toEqual([[0, 0x90, 0x1f], [1, 0x90, 0x1f]]);
    caller.socket.send(Buffer.from('\0GET /index.html HTTP/1.0\r\n\r\n'));
    await caller.until((messages) => channel(messages, 0, false).includes('hello\n'));
    caller.socket.terminate();
  });

  test('port-forward by SPDY within a WebSocket', async () => {
    const spdy = new SpdyClient(await tunnelled(api, `${PATH}/portforward`, 'SPDY/3.1+portforward.k8s.io'));
    const back = new Map<number, string>();
    const wanted = new Set<number>();
    for (let id = 0; id < 3; id++) {
      const error = await spdy.open({ streamtype: 'error', port: '9000', requestid: String(id) });
      await spdy.end(error);
      const data = await spdy.open({ streamtype: 'data', port: '9000', requestid: String(id) });
      wanted.add(data);
      await spdy.write(data, Buffer.from(`number ${id}`));
      await spdy.end(data);
    }
    for await (const event of spdy.events()) {
      if (event.type === 'data') back.set(event.stream, (back.get(event.stream) ?? '') + Buffer.from(event.bytes).toString());
      if (event.fin) wanted.delete(event.stream);
      if (wanted.size === 0) break;
    }
    expect([...back.values()].filter((text) => text !== '').sort()).toEqual(['number 0', 'number 1', 'number 2']);
    spdy.destroy();
  });
});

describe('client-node', () => {
  const config = (): KubeConfig => {
    const made = new KubeConfig();
    made.loadFromFile(cluster.kubeconfig);
    return made;
  };
  const into = (): { readonly sink: Writable; readonly text: () => string } => {
    let text = '';
    const sink = new Writable({ write: (chunk, _encoding, done) => ((text += String(chunk)), done()) });
    return { sink, text: () => text };
  };

  test('exec', async () => {
    const [out, err] = [into(), into()];
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config()).exec('default', 'p', 'c', ['sh', '-c', 'cat; echo err >&2; exit 5'], out.sink, err.sink, Readable.from([Buffer.from('input')]), false, resolve).catch(reject);
    });
    expect([out.text(), err.text(), status.details?.causes?.[0]?.message]).toEqual(['input', 'err\n', '5']);
  });

  test('attach', async () => {
    const out = into();
    const input = new PassThrough();
    const socket = await new Attach(config()).attach('default', 'p', 'c', out.sink, null, input, false);
    input.write('client-node\n');
    await eventually('it is heard', async () => out.text().includes('heard client-node\n'), 10);
    socket.close();
  });

  test('log', async () => {
    const out = into();
    await new Log(config()).log('default', 'p', 'c', out.sink, { follow: true, limitBytes: 7 });
    await eventually('the log', async () => out.text() === 'started', 10);
  });

  test('port-forward', async () => {
    const out = into();
    const input = new PassThrough();
    const socket = await new PortForward(config()).portForward('default', 'p', [8080], out.sink, null, input);
    input.write('GET /index.html HTTP/1.0\r\n\r\n');
    await eventually('the page', async () => out.text().includes('hello\n'), 10);
    if (typeof socket !== 'function') socket.close();
  });
});

describe('knarr/client', () => {
  const pod = { name: 'p' };
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const connected = () => connectCluster({ kubeconfig: cluster.kubeconfig });

  test('exec: what goes in, both outputs, the exit code; what cannot run', async () => {
    await using here = await connected();
    const stdin = (async function* () {
      yield encoder.encode('in');
      yield encoder.encode('put');
    })();
    expect(await here.exec(pod, ['sh', '-c', 'cat; echo err >&2; exit 5'], { container: 'c', stdin })).toEqual({ code: 5, stdout: 'input', stderr: 'err\n' });
    expect(await here.exec(pod, ['true'], { container: 'c' })).toEqual({ code: 0, stdout: '', stderr: '' });
    await expect(here.exec(pod, ['no-such-command'], { container: 'c' })).rejects.toThrow(/no-such-command/);
    await expect(here.exec({ name: 'nobody' }, ['true'])).rejects.toThrow('pods "nobody" not found');
  });

  test('exec: a terminal of a certain size, and an end from outside', async () => {
    await using here = await connected();
    let text = '';
    const giveUp = new AbortController();
    const sizes = (async function* () {
      yield { width: 91, height: 17 };
    })();
    const ended = here.exec(pod, ['sh', '-c', 'until [ "$(stty size)" = "17 91" ]; do sleep 0.1; done; echo right; sleep 3600'], {
      container: 'c', tty: true, sizes, signal: giveUp.signal, stdout: (bytes) => void (text += decoder.decode(bytes)),
    });
    await Promise.race([ended, eventually('the size is seen', async () => text.includes('right'))]);
    giveUp.abort(new Error('enough'));
    await expect(ended).rejects.toThrow();
  });

  test('attach hears the process, logs come line by line', async () => {
    await using here = await connected();
    const words = new PassThrough();
    let text = '';
    const giveUp = new AbortController();
    const attached = here.attach(pod, { container: 'c', stdin: words, stdout: (bytes) => void (text += decoder.decode(bytes)), signal: giveUp.signal });
    words.write('kit\n');
    await Promise.race([attached, eventually('it is heard', async () => text.includes('heard kit\n'))]);
    giveUp.abort(new Error('enough'));
    await attached.catch(() => {});
    for await (const line of linesOf(here.logs(pod, { container: 'c', follow: true }))) {
      expect(line).toBe('started');
      break;
    }
  });

  test('port-forward: several connections at once, and a port where nobody listens', async () => {
    await using here = await connected();
    {
      await using forward = await here.portForward(pod, { port: 8080 });
      const pages = await Promise.all([1, 2, 3].map(() => fetchText(`http://127.0.0.1:${forward.localPort}/index.html`)));
      expect(pages).toEqual(['hello\n', 'hello\n', 'hello\n']);
    }
    const failures: Error[] = [];
    await using nobody = await here.portForward(pod, { port: 81, onError: (error) => failures.push(error) });
    await expect(fetchText(`http://127.0.0.1:${nobody.localPort}/`)).rejects.toThrow();
    await eventually('the failure is told', async () => failures.some(({ message }) => /connection refused/.test(message)), 20);
  });
});
