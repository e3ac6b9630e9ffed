/** Text size: what the customer chose on this page comes before what the number's holder once asked for. */
import { beforeEach, describe, expect, it } from "vitest";
import { createTexts, SIZES } from "../src/call/texts";

const shown = (): string | null => document.documentElement.getAttribute("data-size");

beforeEach(() => window.localStorage.clear());

describe("large print that was asked for once", () => {
  it("starts the page in the largest text, and says nothing about the next visit", () => {
    const texts = createTexts();
    texts.enlarge();
    expect(texts.size.value).toBe(SIZES - 1);
    expect(shown()).toBe(String(SIZES - 1));
    expect(createTexts().size.value).toBe(0);
  });

  it("leaves a size alone that was chosen on this page or before", () => {
    const texts = createTexts();
    texts.nextSize();
    texts.enlarge();
    expect(texts.size.value).toBe(1);
    const later = createTexts();
    later.enlarge();
    expect(later.size.value).toBe(1);
  });
});
