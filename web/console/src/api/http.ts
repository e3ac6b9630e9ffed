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
export const blob = (path: string) => api.blob(path);
export const del = <T>(path: string) => api.del<T>(path);
