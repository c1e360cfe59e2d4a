import type { ApiResponse } from '../../wire/api.ts';

export const plain = (status: number, text: string): ApiResponse => ({
  status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: { type: 'bytes', chunks: [Buffer.from(text)] },
});

export const json = (object: unknown): ApiResponse => ({
  status: 200, headers: { 'content-type': 'application/json' }, body: { type: 'bytes', chunks: [Buffer.from(JSON.stringify(object))] },
});
