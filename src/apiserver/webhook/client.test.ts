import { expect, test } from 'vitest';
import { ManualClock, nextTurn } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { boolean, object } from '../../schema/field.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import type { BackendTarget } from '../config.ts';
import type { Core } from '../core.ts';
import { callWebhook } from './client.ts';

const encoder = new TextEncoder();
const ANSWER = object('v1.Answer', { response: object('v1.Response', { allowed: boolean() }) });
const client = { url: 'https://hook.example:8443/validate' };
const text = (body: string, status = 200): ApiResponse => ({ status, headers: { 'content-type': 'text/plain' }, body: { type: 'bytes', chunks: [encoder.encode(body)] } });

function around(askBackend: (target: BackendTarget, request: ApiRequest) => Promise<ApiResponse>) {
  const clock = new ManualClock();
  const services: Readonly<Record<string, object>> = {};
  const resources = { of: () => ({ cache: { object: (_namespace: string, name: string) => services[name], list: () => [] } }) } as unknown as Core['resources'];
  const core = { config: { askBackend } as unknown as Core['config'], clock, random: systemRandom, resources };
  const call = (more: object = {}) => callWebhook(core, { client, body: encoder.encode('{}'), answer: ANSWER, timeout: 2000, ...more });
  return { clock, call };
}

test('a review is posted with what is left of its time, and the answer is its JSON', async () => {
  const asked: [BackendTarget, ApiRequest][] = [];
  const { call } = around(async (target, request) => {
    asked.push([target, request]);
    return text('{"response":{"allowed":true}}');
  });

  expect(await call({ client: { ...client, caBundle: btoa('PEM') } })).toEqual({ response: { allowed: true } });
  const [[target, request]] = asked as [[BackendTarget, ApiRequest]];
  expect(target).toEqual({ host: 'hook.example', port: 8443, serverName: 'hook.example', caBundle: 'PEM' });
  expect(request).toMatchObject({ method: 'POST', url: '/validate?timeout=2s', headers: { host: 'hook.example:8443' } });
});

test.each([
  ['garbage', text('garbage'), 'couldn\'t get version/kind; json parse error: invalid character \'g\' looking for beginning of value'],
  ['no object', text('[]'), 'couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'],
  ['of another type', text('{"response":{"allowed":"yes"}}'), 'json: cannot unmarshal string into Go struct field Response.response.allowed of type bool'],
  ['nothing', text(''), '0-length response with status code: 200 and content type: text/plain'],
  ['a failure', text('boom', 500), 'an error on the server ("boom") has prevented the request from succeeding'],
  ['not there', text('', 404), 'the server could not find the requested resource'],
  ['a redirect', text('', 302), 'the server responded with the status code 302 but did not return more information'],
  ['too much', text('x'.repeat(10 << 20)), 'unexpected error when reading response body. Please retry. Original error: the answer is longer than 8388608 bytes'],
])('an answer that is %s is told in client-go\'s words', async (_what, response, words) => {
  const { call } = around(async () => response);

  await expect(call()).rejects.toThrow(words);
});

test('a webhook that never answers is given up when its time is over, wherever it stopped', async () => {
  const silent = around(() => new Promise(() => undefined));
  const calling = silent.call();
  silent.clock.advance(2000);
  await expect(calling).rejects.toThrow('Post "https://hook.example:8443/validate?timeout=2s": context deadline exceeded');

  const halting = around(async () => ({ status: 200, headers: {}, body: { type: 'stream', chunks: { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) } } }));
  const reading = halting.call();
  await nextTurn();
  halting.clock.advance(2000);
  await expect(reading).rejects.toThrow('Original error: context deadline exceeded');
});

test('a refused connection and a service that is not there are named', async () => {
  const refused = around(() => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED', address: '10.0.0.1', port: 443 })));
  await expect(refused.call()).rejects.toThrow('Post "https://hook.example:8443/validate?timeout=2s": dial tcp 10.0.0.1:443: connect: connection refused');

  const service = { namespace: 'shop', name: 'hook', path: '/x' };
  await expect(refused.call({ client: { service } })).rejects.toThrow('Post "https://hook.shop.svc:443/x?timeout=2s": service "hook" not found');
});
