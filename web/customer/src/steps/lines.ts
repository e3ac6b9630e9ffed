/** The lines of a `show` or `read_back` step: a JSON list, or one text. */
import type { StepView } from "../call/types";

export function linesOf(step: StepView): string[] {
  const text = step.params["lines"] ?? "[]";
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return [text];
  }
}
