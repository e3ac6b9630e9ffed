/** From what the machine read on a card to the form: it proposes, the agent corrects. */
import type { CardField, CardReading } from "../../api/identity";

/** Below this the recogniser's own confidence is too low to be taken at a glance. */
export const SURE = 0.9;

export interface DocumentDraft {
  name: string;
  number: string;
  from: string;
  until: string;
  long: boolean;
}
export type DraftField = "name" | "number" | "from" | "until";

export const emptyDraft = (): DocumentDraft => ({ name: "", number: "", from: "", until: "", long: false });

const SOURCE: Record<string, DraftField> = {
  name: "name",
  number: "number",
  valid_from: "from",
  valid_until: "until",
};
const compact = (iso: string) => iso.replace(/-/g, "");

/** What the reading says for the form; only the fields that were read. */
export function proposal(reading: CardReading): Partial<DocumentDraft> {
  const found: Partial<DocumentDraft> = {};
  for (const field of reading.fields) {
    const target = SOURCE[field.name];
    const text = field.text.trim();
    if (!target || !text) continue;
    if (target === "until" && text === "long_term") found.long = true;
    else found[target] = target === "from" || target === "until" ? compact(text) : text;
  }
  return found;
}

/** Fill in what nobody has typed; a field that the agent touched stays as it is. Returns what was filled. */
export function prefill(form: DocumentDraft, reading: CardReading, touched: ReadonlySet<string>): DraftField[] {
  const proposed = proposal(reading);
  const filled: DraftField[] = [];
  for (const name of ["name", "number", "from", "until"] as const) {
    const value = proposed[name];
    if (value === undefined || touched.has(name) || form[name] === value) continue;
    form[name] = value;
    filled.push(name);
  }
  if (proposed.long && !touched.has("long") && !touched.has("until")) {
    form.long = true;
    filled.push("until");
  }
  return filled;
}

export type Mark = "agrees" | "differs" | "unsure" | "read";

/** How a read field stands: against the record first, then by how surely it was read. */
export function markOf(field: CardField): Mark {
  if (field.state === "differs") return "differs";
  if (field.confidence < SURE) return "unsure";
  return field.state === "agrees" ? "agrees" : "read";
}

/** The mark beside each field of the form that still holds what was read. */
export function marks(form: DocumentDraft, reading: CardReading | null): Partial<Record<DraftField, Mark>> {
  const found: Partial<Record<DraftField, Mark>> = {};
  for (const field of reading?.fields ?? []) {
    const target = SOURCE[field.name];
    if (!target) continue;
    const text = field.text.trim();
    const held = target === "until" && form.long ? "long_term" : form[target];
    const same = target === "from" || target === "until" ? compact(text) === compact(held) : text === held;
    if (same) found[target] = markOf(field);
  }
  return found;
}
