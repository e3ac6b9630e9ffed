import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../../shared/errors";
import { repeat } from "../src/call/repeat";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("sends again after a lapse of the network, with the same key", async () => {
  const keys: string[] = [];
  const answer = repeat((key) => {
    keys.push(key);
    return keys.length < 3 ? Promise.reject(new ApiError("network")) : Promise.resolve("done");
  });
  await vi.runAllTimersAsync();
  expect(await answer).toBe("done");
  expect(new Set(keys).size).toBe(1);
});

it("takes the server's refusal at once", async () => {
  const send = vi.fn(() => Promise.reject(new ApiError("code_wrong", {}, 409)));
  await expect(repeat(send)).rejects.toMatchObject({ code: "code_wrong" });
  expect(send).toHaveBeenCalledTimes(1);
});
