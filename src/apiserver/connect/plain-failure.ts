import { ApiError, badRequest, REASONS, type Reason } from '../../meta/api-error.ts';
import type { ApiResponse } from '../../wire/api.ts';
import { textOf } from '../../wire/response-text.ts';

/**
 * A kubelet fails in plain text; callers of the API are told in a Status. Answers below 400 pass as they are.
 * @throws ApiError with the kubelet's words
 */
export async function failuresAsStatus(response: ApiResponse): Promise<ApiResponse> {
  if (response.status < 400) return response;
  const text = (await textOf(response.body)).trim();
  if (response.status === 400) throw badRequest(text);
  if (response.status === 500) throw new ApiError('InternalError', `Internal error occurred: ${text}`);
  const reason = (Object.keys(REASONS) as Reason[]).find((one) => REASONS[one] === response.status) ?? '';
  throw new ApiError(reason, text === '' ? 'the server reported an error' : text, { code: response.status });
}
