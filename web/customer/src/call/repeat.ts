/** Sends again over a short lapse of the network, with one idempotency key: whatever is repeated counts once. */
import { newKey } from "../../../shared/api";
import { asApiError } from "../../../shared/errors";

const RETRIES_MS = [600, 1500, 3000];

/** Rejects with the server's own refusal at once, and with the network's after the last try. */
export async function repeat<T>(send: (key: string) => Promise<T>): Promise<T> {
  const key = newKey();
  for (const delay of RETRIES_MS) {
    try {
      return await send(key);
    } catch (error) {
      const { status } = asApiError(error);
      if (status !== 0 && status !== 502 && status !== 503) throw error;
      await new Promise((done) => setTimeout(done, delay));
    }
  }
  return send(key);
}
