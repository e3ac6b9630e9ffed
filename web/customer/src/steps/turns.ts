/** How many head turns the server has asked for since the challenge last began, as far as its words tell. */
import type { Challenge } from "../call/types";

export function isTurn(word: Challenge | null): boolean {
  return word !== null && /^turn/.test(word.phase);
}

/**
 * After `now`, when `turns` were asked for before it. Another hint for the same turn does not count; a mistake,
 * or a challenge that begins anew, takes the turns back. Until the next word the newest turn may be under way.
 */
export function turnsAfter(turns: number, before: Challenge | null, now: Challenge): number {
  if (now.phase === "retry" || (now.phase === "straight" && !now.hint)) return 0;
  return isTurn(now) && (before === null || before.phase !== now.phase) ? turns + 1 : turns;
}
