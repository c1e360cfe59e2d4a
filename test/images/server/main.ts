/**
 * The servers that conformance tests need in pods, as one program without dependencies:
 *     node server.js webhook PORT [TLS-DIRECTORY]        admission and conversion webhooks, by path
 *     node server.js sample-api PORT [TLS-DIRECTORY]     an extension API server: wardle.example.com/v1alpha1 flunders
 *     node server.js udp PORT                            answers each datagram with the host's name
 *     node server.js udp-ask PORT ADDRESS                sends one, and prints what comes back
 */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer, type ServerOptions } from 'node:https';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { sampleApi } from './sample-api.ts';
import { answerReview } from './webhook.ts';

const [, , what = '', port = '', directory = '/tls'] = process.argv;

const tls = (): ServerOptions => ({ cert: readFileSync(join(directory, 'tls.crt')), key: readFileSync(join(directory, 'tls.key')) });

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

function serveWebhooks(): void {
  createServer(tls(), async (request, response) => {
    const path = (request.url ?? '/').replace(/\?.*/, '');
    if (path === '/readyz') return void response.end('ok');
    const answer = await answerReview(path, JSON.parse(await textOf(request)) as object);
    if (!answer) return void response.writeHead(404).end();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  }).listen(Number(port));
}

function serveDatagrams(): void {
  const socket = createSocket('udp4');
  socket.on('message', (_message, from) => socket.send(hostname(), from.port, from.address));
  socket.bind(Number(port));
}

function askDatagram(): void {
  const socket = createSocket('udp4');
  socket.on('message', (message) => {
    console.log(message.toString());
    socket.close();
  });
  socket.send('hostName', Number(port), directory);
  setTimeout(() => process.exit(1), 3000).unref();
}

if (what === 'webhook') serveWebhooks();
else if (what === 'sample-api') await sampleApi(Number(port), tls());
else if (what === 'udp') serveDatagrams();
else if (what === 'udp-ask') askDatagram();
else throw new Error(`no server named ${JSON.stringify(what)}`);
if (what !== 'udp-ask') console.log(`${what} on port ${port}`);
