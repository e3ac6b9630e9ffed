/** Finding an action: by words in either language, number or id; and what fits the number's state. */
import type { ActionView } from "../../api/views";
import type { Entry } from "./catalogue";

/** Every word typed is found somewhere in the entry; letters of `puk` need not be whole words. */
export function matches(entry: Entry, wanted: string): boolean {
  const hay = `${entry.no} ${entry.id.replace(/_/g, " ")} ${entry.zh} ${entry.en} ${entry.initials}`.toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => hay.includes(word));
}

/** What is likely to be wanted first while the number is in a state. */
export function fitting(state: string): string[] {
  if (state === "LOST_HOLD") return ["cancel_loss"];
  if (state === "SUSPENDED_VOL") return ["resume_service", "report_loss"];
  return ["report_loss", "query_puk"];
}

/** Whether only a face that matched an independent portrait lets it happen: as the counter computes it. */
export function wantsReference(action: Pick<ActionView, "assurance" | "reference_independent" | "reversible">): boolean {
  if (action.reference_independent || action.assurance === "L3") return true;
  return action.assurance === "L2" && action.reversible === false;
}
