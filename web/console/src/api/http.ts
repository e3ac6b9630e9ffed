/** The desk's way to the server: cookie login, ApiError for every refusal, a time limit on each call. */
import { createApi, newKey, type CallInit } from "../../../shared/api";
import { ApiError } from "../../../shared/errors";

export { ApiError, newKey };

let onSignedOut: () => void = () => undefined;

/** Called for each answer that says the login is over. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

const api = createApi({
  staff: true,
  timeoutMs: 20_000,
  onError: (error) => {
    if (error.status === 401 && error.code === "not_signed_in") onSignedOut();
  },
});

export const get = <T>(path: string) => api.get<T>(path);
export const post = <T>(path: string, body: unknown = {}, init?: CallInit) => api.post<T>(path, body, init);
export const put = <T>(path: string, body: unknown) => api.put<T>(path, body);
export const blob = (path: string) => api.blob(path);
export const del = <T>(path: string) => api.del<T>(path);

const PACK_MS = 120_000;

/** A file made on asking for it, such as an evidence pack. Raises ApiError. */
export async function postForBlob(path: string, body: unknown): Promise<Blob> {
  const abort = new AbortController();
  const timer = window.setTimeout(() => abort.abort(), PACK_MS);
  try {
    const answer = await fetch(`/api/v1${path}`, {
      method: "POST",
      credentials: "same-origin",
      cache: "no-store",
      headers: { "Content-Type": "application/json", "X-Requested-With": "vcounter" },
      body: JSON.stringify(body),
      signal: abort.signal,
    });
    if (!answer.ok) throw await refusal(answer);
    return await answer.blob();
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError(abort.signal.aborted ? "timeout" : "network");
  } finally {
    window.clearTimeout(timer);
  }
}

async function refusal(answer: Response): Promise<ApiError> {
  const told: unknown = await answer.json().catch(() => ({})); // a proxy's page says nothing
  const { code, fields } = (told ?? {}) as { code?: string; fields?: Record<string, unknown> };
  if (answer.status === 401 && code === "not_signed_in") onSignedOut();
  return new ApiError(code ?? `http_${answer.status}`, fields ?? {}, answer.status);
}
