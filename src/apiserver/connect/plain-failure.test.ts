import { expect, test } from 'vitest';
import type { ApiResponse } from '../../wire/api.ts';
import { failuresAsStatus } from './plain-failure.ts';

const saying = (status: number, text: string): ApiResponse => ({ status, headers: {}, body: { type: 'bytes', chunks: [new TextEncoder().encode(text)] } });

test('what a kubelet refuses in plain text is told as a Status', async () => {
  const waits = 'container "web" in pod "p" is waiting to start: trying and failing to pull image';
  await expect(failuresAsStatus(saying(400, `${waits}\n`))).rejects.toMatchObject({ reason: 'BadRequest', code: 400, message: waits });
  await expect(failuresAsStatus(saying(404, 'no such log'))).rejects.toMatchObject({ reason: 'NotFound', code: 404, message: 'no such log' });
  await expect(failuresAsStatus(saying(500, 'broken'))).rejects.toMatchObject({ reason: 'InternalError', message: 'Internal error occurred: broken' });
});

test('an answer that is no failure passes as it is', async () => {
  const answer = saying(200, 'line\n');
  expect(await failuresAsStatus(answer)).toBe(answer);
});
