import type { ApiRequest, ApiResponse } from '../../../../wire/api.ts';
import { type Json, type StartApi, startApi, type TestApi } from '../../../testing/start-api.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const text = (body: string, status = 200): ApiResponse => ({ status, headers: { 'content-type': 'application/json' }, body: { type: 'bytes', chunks: [encoder.encode(body)] } });

/** Answers a review's request; a string is answered as it is. */
export type Answer = (request: Json, asked: ApiRequest) => Json | Promise<Json>;

export const allow = { allowed: true };
export const deny = (message?: string, code?: number) => ({ allowed: false, ...(message === undefined && code === undefined ? {} : { status: { message, code } }) });
export const patch = (...operations: readonly object[]) => ({ allowed: true, patchType: 'JSONPatch', patch: btoa(JSON.stringify(operations)) });

export interface Hooked extends TestApi {
  /** What webhooks were asked: their paths, and the requests of the reviews. */
  readonly asked: { readonly path: string; readonly request: Json }[];
}

/** A server whose webhooks, by the paths they are called at, are functions. */
export async function startHooked(answers: Readonly<Record<string, Answer>>, options: StartApi = {}): Promise<Hooked> {
  const asked: Hooked['asked'] = [];
  const askBackend = async (_target: unknown, request: ApiRequest): Promise<ApiResponse> => {
    const path = request.url.replace(/\?.*/, '');
    const review = JSON.parse(request.body?.type === 'bytes' ? decoder.decode(request.body.bytes) : '') as Json;
    asked.push({ path, request: review.request });
    const answer: Json = await answers[path]!(review.request, request);
    if (typeof answer === 'string') return text(answer);
    return text(JSON.stringify({ kind: 'AdmissionReview', apiVersion: review.apiVersion, response: { uid: review.request.uid, ...answer } }));
  };
  const api = await startApi({ ...options, config: { askBackend, ...options.config } });
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  return Object.assign(api, { asked });
}

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';

export const hook = (path: string, more: Json = {}): Json => ({
  name: `${path.slice(1).replaceAll('/', '-')}.example.com`, clientConfig: { url: `https://hook.example${path}` }, sideEffects: 'None', admissionReviewVersions: ['v1'],
  rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['configmaps'] }], ...more,
});

export const rule = (resources: string, more: Json = {}): Json => ({ rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: [resources], ...more }] });

export async function configure(api: TestApi, type: 'Mutating' | 'Validating', { name = 'hooks', webhooks }: { readonly name?: string; readonly webhooks: readonly Json[] }): Promise<void> {
  const { status, text: why } = await api.request('POST', `${REGISTRATION}/${type.toLowerCase()}webhookconfigurations`, { metadata: { name }, webhooks });
  if (status !== 201) throw new Error(why);
}
