/** Which picture (`/assets/help-*.svg`) shows what to do: by the server's refusal, the agent's retake code or our own hint. */

const PICTURES: Readonly<Record<string, readonly string[]>> = {
  steady: ["blurred", "steady", "stream_differs"],
  light: ["too_dark", "dark"],
  turn: ["too_bright", "back_light"],
  tilt: ["glare"],
  closer: ["too_far", "too_small", "closer"],
  whole: ["cut_off", "no_card", "no_portrait", "align", "farther"],
  flip: ["wrong_side"],
  finger: ["finger"],
  face: ["face_hidden"],
};
/** The others are drawn with a card. */
const OF_FACES = ["steady", "light", "turn", "face"];

/** The picture's name, or "" where words alone say it better. */
export function helpFor(code: string, kind: "card_front" | "card_back" | "face"): string {
  const name = Object.keys(PICTURES).find((one) => (PICTURES[one] ?? []).indexOf(code) >= 0) ?? "";
  if (kind === "face" && OF_FACES.indexOf(name) < 0) return "";
  // From the side that was shown to the one that is asked for.
  return name === "flip" && kind === "card_front" ? "flip-front" : name;
}
