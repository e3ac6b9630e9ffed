import { describe, expect, it } from "vitest";
import { MARGIN, type GreyFrame } from "../src/camera/capture-gate";
import { faceHint, lookAtFace, type FaceLook } from "../src/camera/face-gate";

const GOOD: FaceLook = { inside: 120, around: 110, blown: 0.01, spread: 40, motion: 3 };

/** An oval of one grey on a ground of another, with a checker of `grain` in the oval. */
function frame(inside: number, around: number, grain = 0): GreyFrame {
  const width = 96;
  const height = 122;
  const radius = 0.5 / (1 + 2 * MARGIN);
  const luma = new Uint8Array(width * height);
  for (let at = 0; at < luma.length; at += 1) {
    const x = ((at % width) / width - 0.5) / radius;
    const y = (Math.floor(at / width) / height - 0.5) / radius;
    luma[at] = x * x + y * y > 1 ? around : inside + (at % 2 ? grain : -grain);
  }
  return { width, height, luma };
}

describe("the look at the oval", () => {
  it("tells the face's light from that of the room behind", () => {
    const look = lookAtFace(frame(60, 200, 20), null);
    expect(look.inside).toBeCloseTo(60, 0);
    expect(look.around).toBeCloseTo(200, 0);
    expect(look.spread).toBeCloseTo(20, 0);
    expect(look.motion).toBe(0);
  });

  it("measures motion against the frame before, and none against one of another size", () => {
    expect(lookAtFace(frame(120, 100), frame(90, 100)).motion).toBeCloseTo(30, 0);
    expect(lookAtFace(frame(120, 100), { width: 4, height: 4, luma: new Uint8Array(16) }).motion).toBe(0);
  });
});

describe("the one thing to change", () => {
  it.each<[string, Partial<FaceLook>]>([
    ["back_light", { inside: 60, around: 200 }],
    ["too_dark", { inside: 30, around: 30 }],
    ["too_bright", { inside: 210 }],
    ["too_bright", { blown: 0.4 }],
    ["no_face", { spread: 3 }],
    ["blurred", { motion: 40 }],
    ["good", {}],
  ])("is %s for %o", (hint, change) => {
    expect(faceHint({ ...GOOD, ...change }, null)).toBe(hint);
  });

  it("asks for the face's place only where a face's place is known", () => {
    expect(faceHint(GOOD, { height: 0.3, off: 0 })).toBe("face_too_small");
    expect(faceHint(GOOD, { height: 0.8, off: 0.5 })).toBe("title");
    expect(faceHint(GOOD, { height: 0.8, off: 0.1 })).toBe("good");
  });

  it("lets every face pass whose light the server would take in the middle of its range", () => {
    for (let inside = 60; inside <= 180; inside += 10) expect(faceHint({ ...GOOD, inside, around: inside }, null), String(inside)).toBe("good");
  });
});
