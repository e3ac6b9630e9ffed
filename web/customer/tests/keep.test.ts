import { describe, expect, it } from "vitest";
import { canKeep } from "../src/call/keep";

const CHROME = "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36";
const WECHAT = `${CHROME} MicroMessenger/8.0`;
const able = { URL: { createObjectURL: () => "" }, HTMLAnchorElement: { prototype: { download: "" } } };

describe("keeping a file", () => {
  it("is offered where a link can download", () => {
    expect(canKeep(CHROME, able)).toBe(true);
  });

  it("is not offered inside another app, where a download leads nowhere", () => {
    expect(canKeep(WECHAT, able)).toBe(false);
  });

  it("is not offered where links cannot download or files have no address", () => {
    expect(canKeep(CHROME, { ...able, HTMLAnchorElement: { prototype: {} } })).toBe(false);
    expect(canKeep(CHROME, { ...able, URL: {} })).toBe(false);
  });
});
