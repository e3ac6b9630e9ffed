/// <reference types="node" />
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(join(import.meta.dirname, "../../shared/tokens.css"), "utf8");
const dark = css.indexOf("prefers-color-scheme: dark");

function tokens(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1], match[2]]));
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2.2, contrast ratio. */
function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const light = tokens(css.slice(0, dark));
const themes = { light, dark: { ...light, ...tokens(css.slice(dark)) } };
const TEXT: [string, string][] = [
  ["ink", "paper"], ["ink", "surface"], ["ink", "sunken"], ["ink-soft", "paper"], ["ink-soft", "surface"], ["ink-soft", "sunken"],
  ["go-ink", "go"], ["go-ink", "go-press"], ["go-text", "paper"], ["go-text", "go-soft"], ["ink", "go-soft"], ["ink-soft", "go-soft"],
  ["wait-ink", "wait"], ["wait-text", "wait-soft"], ["stop-ink", "stop"], ["stop-text", "paper"], ["stop-text", "surface"], ["stop-text", "stop-soft"],
  ["stage-ink", "stage"], ["stage-ink", "stage-raised"], ["stage-ink", "stage-stop"], ["stage-go", "stage"], ["stage-wait", "stage"], ["stage-soft", "stage"],
];

describe.each(Object.entries(themes))("contrast in the %s theme", (_name, theme) => {
  it.each(TEXT)("%s on %s holds 7:1", (ink, ground) => {
    expect(contrast(theme[ink]!, theme[ground]!)).toBeGreaterThanOrEqual(7);
  });

  it("borders of controls hold 3:1 and more", () => {
    for (const ground of ["paper", "surface"]) expect(contrast(theme["line-strong"]!, theme[ground]!)).toBeGreaterThanOrEqual(4.5);
  });
});
