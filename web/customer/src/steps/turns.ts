/** How many of the two head turns are done, as far as the server's words tell. */
import type { Challenge } from "../call/types";

/**
 * After `now`, when `turns` were done before it. A turn is done when the server asks to look back; a mistake,
 * or a challenge that begins anew, takes the turns back. At the end all are done.
 */
export function turnsAfter(turns: number, before: Challenge | null, now: Challenge): number {
  if (now.phase === "done") return 2;
  if (now.phase === "retry" || (now.phase === "straight" && !now.hint)) return 0;
  const turned = before !== null && /^turn/.test(before.phase);
  return turned && now.phase === "straight" && now.hint === "back" ? Math.min(2, turns + 1) : turns;
}
