import { afterEach, describe, expect, it, vi } from "vitest";

import { comboOf, KEYS, takeKey } from "../src/keys/keys";

const press = (init: KeyboardEventInit) => {
  const event = new KeyboardEvent("keydown", { cancelable: true, ...init });
  window.dispatchEvent(event);
  return event;
};
const releases: (() => void)[] = [];
const take = (...args: Parameters<typeof takeKey>) => releases.push(takeKey(...args));
afterEach(() => releases.splice(0).forEach((release) => release()));

describe("keys", () => {
  it("are named by the physical key, with their modifiers in one order", () => {
    expect(comboOf(new KeyboardEvent("keydown", { code: "KeyK", key: "˚", altKey: true }))).toBe("Alt+K");
    expect(comboOf(new KeyboardEvent("keydown", { code: "Enter", key: "Enter", ctrlKey: true }))).toBe("Ctrl+Enter");
    expect(comboOf(new KeyboardEvent("keydown", { code: "F2", key: "F2" }))).toBe("F2");
  });

  it("leave the browser's own keys alone", () => {
    const taken = Object.values(KEYS) as string[];
    for (const own of ["F1", "F5", "F6", "F11", "F12", "Alt+D", "Alt+E", "Alt+F"]) expect(taken).not.toContain(own);
  });

  it("go to the last taker and back to the one before", () => {
    const first = vi.fn();
    const second = vi.fn();
    take("face", first);
    const release = takeKey("face", second);

    expect(press({ code: "F3", key: "F3" }).defaultPrevented).toBe(true);
    release();
    press({ code: "F3", key: "F3" });

    expect(second).toHaveBeenCalledTimes(1);
    expect(first).toHaveBeenCalledTimes(1);
  });

  it("held down count once, and typing Chinese does not press them", () => {
    const handler = vi.fn();
    take("primary", handler);

    press({ code: "Enter", key: "Enter", ctrlKey: true, repeat: true });
    press({ code: "Enter", key: "Enter", ctrlKey: true, isComposing: true });

    expect(handler).not.toHaveBeenCalled();
  });
});
