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
  /** How many of the four borders were found, and the box they make, as shares of the guide (1 = fills it). */
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
/** A border is a line that runs along at least this share of the side. */
const LINE_SHARE = 0.45;
/** Good frames in a row before the picture is taken: about half a second at 8 frames a second. */
const GOOD_FRAMES = 4;
/** After this long with a sharp, still, textured picture whose borders cannot be found, take it anyway. */
const PATIENCE_MS = 5000;

function columnLines(frame: GreyFrame): Float32Array {
  const { width, height, luma } = frame;
  const share = new Float32Array(width);
  for (let x = 2; x < width - 2; x += 1) {
    let hits = 0;
    for (let y = 0; y < height; y += 2) {
      const at = y * width + x;
      const strength = Math.max(
        Math.abs((luma[at + 1] ?? 0) - (luma[at - 1] ?? 0)),
        Math.abs((luma[at + 2] ?? 0) - (luma[at] ?? 0)),
        Math.abs((luma[at] ?? 0) - (luma[at - 2] ?? 0)),
      );
      if (strength > EDGE) hits += 1;
    }
    share[x] = hits / (height / 2);
  }
  return share;
}

function transpose(frame: GreyFrame): GreyFrame {
  const { width, height, luma } = frame;
  const turned = new Uint8Array(luma.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) turned[x * height + y] = luma[y * width + x] ?? 0;
  }
  return { width: height, height: width, luma: turned };
}

/** Outermost line on either side of the middle, as positions 0..1 of the whole region, or null. */
function outerLines(share: Float32Array): { low: number | null; high: number | null } {
  const size = share.length;
  let low: number | null = null;
  let high: number | null = null;
  for (let i = 2; i < size / 2 && low === null; i += 1) if ((share[i] ?? 0) >= LINE_SHARE) low = i / size;
  for (let i = size - 3; i > size / 2 && high === null; i -= 1) if ((share[i] ?? 0) >= LINE_SHARE) high = i / size;
  return { low, high };
}

function span(lines: { low: number | null; high: number | null }): number {
  const guide = 1 / (1 + 2 * MARGIN);
  if (lines.low !== null && lines.high !== null) return (lines.high - lines.low) / guide;
  // One border only: twice its distance from the middle.
  if (lines.low !== null) return ((0.5 - lines.low) * 2) / guide;
  if (lines.high !== null) return ((lines.high - 0.5) * 2) / guide;
  return 0;
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
  const across = outerLines(columnLines(frame));
  const down = outerLines(columnLines(transpose(frame)));
  const sides = [across.low, across.high, down.low, down.high].filter((line) => line !== null).length;
  return {
    sharpness: laplaceSquares / count - mean * mean,
    brightness: sum / count,
    glare: blown / count,
    motion: before ? change / count : 0,
    texture: edges / count,
    sides,
    spanX: span(across),
    spanY: span(down),
  };
}

function framed(metrics: FrameMetrics): boolean {
  const fits = (value: number): boolean => value >= MIN_SPAN && value <= MAX_SPAN;
  return metrics.sides >= 3 && fits(metrics.spanX) && fits(metrics.spanY);
}

/** The one thing to change now, most useful first. */
export function hintFor(metrics: FrameMetrics): CaptureHint {
  if (metrics.brightness < MIN_BRIGHTNESS) return "dark";
  if (metrics.texture < MIN_TEXTURE) return "align";
  if (metrics.motion > MAX_MOTION) return "steady";
  if (metrics.glare > MAX_GLARE) return "glare";
  if (metrics.sharpness < MIN_SHARPNESS) return "blurred";
  if (framed(metrics)) return "good";
  const seen = Math.max(metrics.spanX, metrics.spanY);
  if (metrics.sides >= 3 && seen < MIN_SPAN) return "closer";
  if (metrics.sides >= 3 && seen > MAX_SPAN) return "farther";
  return "align";
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
    const usable = hint === "good" || hint === "closer" || hint === "farther" || (hint === "align" && metrics.texture >= MIN_TEXTURE);
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
