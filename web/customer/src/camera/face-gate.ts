/**
 * Instant judgement of the light and the place of a face in the oval, for hints and for the moment of the still.
 *
 * Pure, and deliberately modest: it sees brightness, spread and motion of the oval's region, and a face's box
 * only where the browser finds one. Whether it is a face, and whose, the server alone decides. The limits
 * are a little tighter than the server's (mean 30-190), so that the customer mends the light before it refuses.
 */
import { MARGIN, type GreyFrame } from "./capture-gate";

/** Suffixes of `step.face.*`; `title` asks for the face in the oval. */
export type FaceHint = "too_dark" | "too_bright" | "back_light" | "no_face" | "face_too_small" | "title" | "blurred" | "good";

export interface FaceLook {
  /** Mean luma within the oval and of its corners, 0-255. */
  readonly inside: number;
  readonly around: number;
  /** Share of blown-out pixels within the oval. */
  readonly blown: number;
  /** Standard deviation of luma within the oval: a wall or a covered lens has nearly none. */
  readonly spread: number;
  /** Mean absolute change within the oval against the frame before, 0-255. */
  readonly motion: number;
}

/** A face's box as shares of the oval's: 1 high fills it, 0 off is in its middle. */
export interface FacePlace {
  readonly height: number;
  readonly off: number;
}

const MIN_INSIDE = 45;
const MAX_INSIDE = 185;
const MAX_BLOWN = 0.2;
const BACK_LIGHT = 70;
const SHADED = 95;
const MIN_SPREAD = 10;
const MAX_MOTION = 20;
const MIN_HEIGHT = 0.5;
const MAX_OFF = 0.3;

export function lookAtFace({ width, height, luma }: GreyFrame, before: GreyFrame | null): FaceLook {
  const same = before !== null && before.luma.length === luma.length ? before.luma : luma;
  const radius = 0.5 / (1 + 2 * MARGIN);
  let count = 0;
  let sum = 0;
  let squares = 0;
  let blown = 0;
  let change = 0;
  let outer = 0;
  for (let at = 0; at < luma.length; at += 1) {
    const here = luma[at] ?? 0;
    const x = ((at % width) / width - 0.5) / radius;
    const y = (Math.floor(at / width) / height - 0.5) / radius;
    const distance = x * x + y * y;
    if (distance > 1) {
      outer += here;
      continue;
    }
    count += 1;
    sum += here;
    squares += here * here;
    if (here > 250) blown += 1;
    change += Math.abs(here - (same[at] ?? 0));
  }
  const inside = sum / count;
  return {
    inside,
    around: outer / (luma.length - count),
    blown: blown / count,
    spread: Math.sqrt(Math.max(0, squares / count - inside * inside)),
    motion: change / count,
  };
}

/** The one thing to change now, or `good`. */
export function faceHint(look: FaceLook, place: FacePlace | null): FaceHint {
  if (look.around - look.inside > BACK_LIGHT && look.inside < SHADED) return "back_light";
  if (look.inside < MIN_INSIDE) return "too_dark";
  if (look.inside > MAX_INSIDE || look.blown > MAX_BLOWN) return "too_bright";
  if (look.spread < MIN_SPREAD) return "no_face";
  if (place && place.height < MIN_HEIGHT) return "face_too_small";
  if (place && place.off > MAX_OFF) return "title";
  return look.motion > MAX_MOTION ? "blurred" : "good";
}
