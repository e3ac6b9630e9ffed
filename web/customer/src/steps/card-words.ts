/** How a document is called on the card steps: the middle of `step.<words>.title`, `.say`, and the frame's class. */

export type CardWords = "card_front" | "card_back" | "card_front_passport" | "card_front_permit" | "card_front_other" | "card_back_other";

export function cardWords(side: "card_front" | "card_back", document: string | undefined): CardWords {
  if (!document || document === "resident_id") return side;
  if (side === "card_back") return "card_back_other";
  if (document === "passport") return "card_front_passport";
  return /_permit$/.test(document) ? "card_front_permit" : "card_front_other";
}
