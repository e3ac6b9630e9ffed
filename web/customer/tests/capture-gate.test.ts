import { describe, expect, it } from "vitest";
import { CaptureGate, HintHold, hintFor, MARGIN, measure, type FrameMetrics, type GreyFrame } from "../src/camera/capture-gate";

const WIDTH = 320;
const HEIGHT = 202;

/** A table with a card on it: `scale` 1 fills the guide. Text is drawn as fine stripes. */
function scene(scale: number, options: { blur?: boolean; glare?: boolean; dark?: boolean; shift?: number } = {}): GreyFrame {
  const luma = new Uint8Array(WIDTH * HEIGHT);
  const guideWidth = WIDTH / (1 + 2 * MARGIN);
  const guideHeight = HEIGHT / (1 + 2 * MARGIN);
  const halfWidth = (guideWidth * scale) / 2;
  const halfHeight = (guideHeight * scale) / 2;
  const shift = options.shift ?? 0;
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const dx = Math.abs(x - shift - WIDTH / 2);
      const dy = Math.abs(y - HEIGHT / 2);
      let value = 70;
      if (dx < halfWidth && dy < halfHeight) {
        value = 200;
        // Lines of text: short strokes that do not run along a side.
        if (dx < halfWidth * 0.7 && dy < halfHeight * 0.8 && y % 16 < 5 && (x * 7 + y * 13) % 11 < 4) value = 60;
      }
      if (options.glare && dx < 40 && dy < 30) value = 255;
      if (options.dark) value *= 0.18;
      luma[y * WIDTH + x] = value;
    }
  }
  return options.blur ? blurred({ width: WIDTH, height: HEIGHT, luma }) : { width: WIDTH, height: HEIGHT, luma };
}

function blurred(frame: GreyFrame): GreyFrame {
  const luma = new Uint8Array(frame.luma);
  const radius = 6;
  for (let y = 0; y < frame.height; y += 1) {
    for (let x = 0; x < frame.width; x += 1) {
      let sum = 0;
      let count = 0;
      for (let dy = -radius; dy <= radius; dy += 1) {
        for (let dx = -radius; dx <= radius; dx += 1) {
          const px = x + dx;
          const py = y + dy;
          if (px < 0 || py < 0 || px >= frame.width || py >= frame.height) continue;
          sum += frame.luma[py * frame.width + px] ?? 0;
          count += 1;
        }
      }
      luma[y * frame.width + x] = sum / count;
    }
  }
  return { ...frame, luma };
}

const GOOD: FrameMetrics = { sharpness: 400, brightness: 150, glare: 0, motion: 1, texture: 0.2, sides: 4, spanX: 0.95, spanY: 0.95 };

describe("what is said about a frame", () => {
  it("finds the four borders of a card that fills the guide", () => {
    const metrics = measure(scene(0.95), null);
    expect(metrics.sides).toBe(4);
    expect(metrics.spanX).toBeCloseTo(0.95, 1);
    expect(hintFor(metrics)).toBe("good");
  });

  it("asks to come closer when the card is small, and to go back when it is too large", () => {
    expect(hintFor(measure(scene(0.6), null))).toBe("closer");
    expect(hintFor({ ...GOOD, spanX: 1.22, spanY: 1.22 })).toBe("farther");
  });

  it("names what is wrong: dark, glare, blur, shake, nothing there", () => {
    expect(hintFor(measure(scene(0.95, { dark: true }), null))).toBe("dark");
    expect(hintFor(measure(scene(0.95, { glare: true }), null))).toBe("glare");
    expect(["blurred", "align"]).toContain(hintFor(measure(scene(0.95, { blur: true }), null)));
    expect(hintFor(measure(scene(0.95), scene(0.95, { shift: 20 })))).toBe("steady");
    expect(hintFor(measure({ width: WIDTH, height: HEIGHT, luma: new Uint8Array(WIDTH * HEIGHT).fill(140) }, null))).toBe("align");
  });
});

describe("the gate", () => {
  it("takes the picture after four good frames in a row, once", () => {
    const gate = new CaptureGate();
    const verdicts = [0, 125, 250, 375, 500].map((now) => gate.judge(GOOD, now).capture);
    expect(verdicts).toEqual([false, false, false, true, false]);
  });

  it("does not take a card too small to be read, however long it waits", () => {
    const gate = new CaptureGate();
    const taken = Array.from({ length: 100 }, (_, at) => gate.judge({ ...GOOD, spanX: 0.45 }, at * 125).capture);
    expect(taken).not.toContain(true);
  });

  it("starts to count again after a bad frame", () => {
    const gate = new CaptureGate();
    gate.judge(GOOD, 0);
    gate.judge(GOOD, 125);
    gate.judge({ ...GOOD, glare: 0.2 }, 250);
    expect(gate.judge(GOOD, 375).capture).toBe(false);
    expect(gate.judge(GOOD, 500).capture).toBe(false);
  });

  it("takes a sharp, still picture after five seconds even if no border is found", () => {
    const gate = new CaptureGate();
    const borderless = { ...GOOD, sides: 1, spanX: 0, spanY: 0 };
    expect(gate.judge(borderless, 0).capture).toBe(false);
    expect(gate.judge(borderless, 4900).capture).toBe(false);
    expect(gate.judge(borderless, 5100).capture).toBe(true);
  });

  it("never takes a blurred, dark or glaring picture, however long it waits", () => {
    for (const bad of [{ sharpness: 20 }, { brightness: 20 }, { glare: 0.3 }, { texture: 0.001 }]) {
      const gate = new CaptureGate();
      const taken = Array.from({ length: 200 }, (_, at) => gate.judge({ ...GOOD, ...bad }, at * 125).capture);
      expect(taken).not.toContain(true);
    }
  });
});

it("a hint stays long enough to be read", () => {
  const hold = new HintHold<string>(1200);
  expect(hold.show("closer", 0)).toBe("closer");
  expect(hold.show("good", 500)).toBe("closer");
  expect(hold.show("good", 1300)).toBe("good");
});
