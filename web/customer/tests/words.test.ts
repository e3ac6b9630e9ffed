import { expect, it } from "vitest";
import { inApp, verdict } from "../src/call/browser";
import { aheadKey, grouped, waitKey } from "../src/call/words";

it("says the place in words", () => {
  expect(aheadKey(0)).toBe("waiting.ahead.0");
  expect(aheadKey(10)).toBe("waiting.ahead.10");
  expect(aheadKey(27)).toBe("waiting.ahead.many");
});

it("rounds the wait up to what people say", () => {
  expect([1, 61, 300, 301, 800, 1700, 4000].map(waitKey)).toEqual([
    "waiting.minutes.1",
    "waiting.minutes.2",
    "waiting.minutes.5",
    "waiting.minutes.10",
    "waiting.minutes.15",
    "waiting.minutes.30",
    "waiting.minutes.long",
  ]);
  expect(waitKey(null)).toBeNull();
});

it("puts a space in the middle of a PUK", () => {
  expect(grouped("12345678")).toBe("1234 5678");
  expect(grouped("1234")).toBe("1234");
  expect(grouped("123456")).toBe("123 456");
});

it("knows a page inside another app", () => {
  expect(inApp("Mozilla/5.0 (Linux; Android 10) MicroMessenger/8.0")).toBe(true);
  expect(inApp("Mozilla/5.0 (Linux; Android 13; wv) Chrome/110")).toBe(true);
  expect(inApp("Mozilla/5.0 (iPhone) Version/16.0 Safari/604.1")).toBe(false);
});

it("guides only where the camera is truly missing", () => {
  expect(verdict({ userAgent: "MicroMessenger", canCall: true, canUseDevices: true })).toBe("call");
  expect(verdict({ userAgent: "MicroMessenger", canCall: true, canUseDevices: false })).toBe("guide");
  expect(verdict({ userAgent: "Chrome/50", canCall: false, canUseDevices: false })).toBe("old");
});
