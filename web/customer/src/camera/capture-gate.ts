/**
 * Decides when a card in the frame is good enough to be photographed by itself, and what to say until then.
 *
 * Pure: it is given grey frames of the guide region and returns a verdict; it owns no camera and no clock.
 * The server judges the still again with the true limits; these are a little softer, so that a picture
 * is taken rather early than never.
 */

/** One grey picture: the card's guide frame plus a margin of `MARGIN` of its size on every side. */
export interface GreyFrame {
  readonly width: number;
  readonly height: number;
  readonly luma: Uint8Array;
}

export interface FrameMetrics {
  /** Variance of the Laplacian inside the guide; a sharp card at 320 px wide has well over 100. */
  readonly sharpness: number;
  /** Mean luma, 0-255. */
  readonly brightness: number;
  /** Share of blown-out pixels inside the guide. */
  readonly glare: number;
  /** Mean absolute change against the frame before, 0-255; 0 for the first. */
  readonly motion: number;
  /** Share of pixels inside the guide that lie on an edge: an empty table has nearly none. */
  readonly texture: number;
  /** How many of the four borders were found, and what lies between two of them as a share of the guide. */
  readonly sides: number;
  readonly spanX: number;
  readonly spanY: number;
}

export type CaptureHint = "align" | "closer" | "farther" | "dark" | "glare" | "blurred" | "steady" | "good";

export interface Verdict {
  readonly hint: CaptureHint;
  readonly capture: boolean;
}

/** Share of the guide that is shown around it on every side. */
export const MARGIN = 0.12;

const MIN_SHARPNESS = 90;
const MIN_BRIGHTNESS = 50;
const MAX_GLARE = 0.035;
const MAX_MOTION = 9;
const MIN_TEXTURE = 0.035;
const MIN_SPAN = 0.8;
const MAX_SPAN = 1.16;
const EDGE = 22;
/** A border is a straight line that this share of the scan lines agrees on, within this many pixels. */
const LINE_SHARE = 0.6;
const LINE_SLACK = 4;
/** A card smaller than this in the guide cannot be read, however long one waits. */
const SMALLEST_SPAN = 0.6;
/** Good frames in a row before the picture is taken: about half a second at 8 frames a second. */
const GOOD_FRAMES = 4;
/** After this long with a sharp, still, textured picture whose borders cannot be found, take it anyway. */
const PATIENCE_MS = 5000;

/**
 * Where a border runs, looking in from one side: on each scan line the first strong step of brightness, then
 * a straight line through most of them. A tilted card still gives one; print or a patterned cloth does not.
 * Returns the line's place in its middle as a share of the region, or null.
 */
function border(step: (scan: number, along: number) => number, scans: number, length: number): number | null {
  const from = Math.round(scans * 0.28);
  const to = Math.round(scans * 0.72);
  const found: number[] = [];
  for (let scan = from; scan < to; scan += 2) {
    let at = 0;
    while (at < length / 2 && step(scan, at) <= EDGE) at += 1;
    found.push(at < length / 2 ? at : NaN);
  }
  const half = Math.floor(found.length / 2);
  const first = median(found.slice(0, half));
  const second = median(found.slice(half));
  if (first === null || second === null) return null;
  const slope = (second - first) / half;
  const middle = (first + second) / 2;
  const near = found.filter((at, index) => Math.abs(at - (middle + slope * (index - found.length / 2))) <= LINE_SLACK);
  return near.length >= found.length * LINE_SHARE ? middle / length : null;
}

function median(values: number[]): number | null {
  const known = values.filter((value) => !Number.isNaN(value)).sort((one, other) => one - other);
  return known.length * 2 < values.length ? null : (known[Math.floor(known.length / 2)] ?? null);
}

function borders(frame: GreyFrame): { left: number | null; right: number | null; top: number | null; bottom: number | null } {
  const { width, height, luma } = frame;
  const pixel = (x: number, y: number): number => luma[y * width + x] ?? 0;
  return {
    left: border((y, at) => Math.abs(pixel(at + 3, y) - pixel(at, y)), height, width),
    right: border((y, at) => Math.abs(pixel(width - 4 - at, y) - pixel(width - 1 - at, y)), height, width),
    top: border((x, at) => Math.abs(pixel(x, at + 3) - pixel(x, at)), width, height),
    bottom: border((x, at) => Math.abs(pixel(x, height - 4 - at) - pixel(x, height - 1 - at)), width, height),
  };
}

/** How much of the guide lies between two borders; 0 unless both are found. */
function span(low: number | null, high: number | null): number {
  return low === null || high === null ? 0 : (1 - low - high) * (1 + 2 * MARGIN);
}

export function measure(frame: GreyFrame, before: GreyFrame | null): FrameMetrics {
  const { width, height, luma } = frame;
  const inset = MARGIN / (1 + 2 * MARGIN);
  const left = Math.max(1, Math.round(width * inset));
  const top = Math.max(1, Math.round(height * inset));
  let sum = 0;
  let blown = 0;
  let edges = 0;
  let laplace = 0;
  let laplaceSquares = 0;
  let change = 0;
  let count = 0;
  for (let y = top; y < height - top; y += 1) {
    for (let x = left; x < width - left; x += 1) {
      const at = y * width + x;
      const here = luma[at] ?? 0;
      const right = luma[at + 1] ?? 0;
      const below = luma[at + width] ?? 0;
      const value = (luma[at - 1] ?? 0) + right + (luma[at - width] ?? 0) + below - 4 * here;
      laplace += value;
      laplaceSquares += value * value;
      sum += here;
      if (here > 250) blown += 1;
      if (Math.abs(right - here) + Math.abs(below - here) > EDGE) edges += 1;
      if (before) change += Math.abs(here - (before.luma[at] ?? 0));
      count += 1;
    }
  }
  const mean = laplace / count;
  const { left: west, right: east, top: north, bottom: south } = borders(frame);
  const sides = [west, east, north, south].filter((line) => line !== null).length;
  return {
    sharpness: laplaceSquares / count - mean * mean,
    brightness: sum / count,
    glare: blown / count,
    motion: before ? change / count : 0,
    texture: edges / count,
    sides,
    spanX: span(west, east),
    spanY: span(north, south),
  };
}

/** The card's size in the guide, by its width where that is seen: tables have stripes more often across. */
function size(metrics: FrameMetrics): number {
  return metrics.spanX || (metrics.sides >= 3 ? metrics.spanY : 0);
}

/** The one thing to change now, most useful first. */
export function hintFor(metrics: FrameMetrics): CaptureHint {
  if (metrics.brightness < MIN_BRIGHTNESS) return "dark";
  if (metrics.texture < MIN_TEXTURE) return "align";
  if (metrics.motion > MAX_MOTION) return "steady";
  if (metrics.glare > MAX_GLARE) return "glare";
  if (metrics.sharpness < MIN_SHARPNESS) return "blurred";
  const seen = size(metrics);
  if (seen === 0) return "align";
  if (seen < MIN_SPAN) return "closer";
  return seen > MAX_SPAN ? "farther" : "good";
}

export class CaptureGate {
  private good = 0;
  private usableSince: number | null = null;
  private before: GreyFrame | null = null;

  /** Judge one frame taken at `nowMs`; `capture` is true once, then the gate starts over. */
  see(frame: GreyFrame, nowMs: number): Verdict {
    const metrics = measure(frame, this.before);
    this.before = frame;
    return this.judge(metrics, nowMs);
  }

  judge(metrics: FrameMetrics, nowMs: number): Verdict {
    const hint = hintFor(metrics);
    const large = hint !== "closer" || size(metrics) >= SMALLEST_SPAN;
    const usable = large && (hint === "good" || hint === "closer" || hint === "farther" || (hint === "align" && metrics.texture >= MIN_TEXTURE));
    if (!usable) this.usableSince = null;
    else if (this.usableSince === null) this.usableSince = nowMs;
    this.good = hint === "good" ? this.good + 1 : 0;
    const waited = this.usableSince !== null && nowMs - this.usableSince >= PATIENCE_MS;
    if (this.good >= GOOD_FRAMES || waited) {
      this.reset();
      return { hint: "good", capture: true };
    }
    return { hint, capture: false };
  }

  reset(): void {
    this.good = 0;
    this.usableSince = null;
    this.before = null;
  }
}

/** Keeps a hint on the screen long enough to be read: it changes at most every `holdMs`. */
export class HintHold<T extends string> {
  private shown: T | null = null;
  private since = -Infinity;

  constructor(private readonly holdMs: number) {}

  show(hint: T, nowMs: number): T {
    if (this.shown === null || nowMs - this.since >= this.holdMs) {
      if (hint !== this.shown) this.since = nowMs;
      this.shown = hint;
    }
    return this.shown;
  }
}
