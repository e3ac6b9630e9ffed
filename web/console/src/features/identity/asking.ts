/** Three control questions: what was answered, and what the keys do. */

export interface Asking {
  codes: string[];
  at: number;
  answers: Record<string, boolean>;
}

export const begin = (codes: readonly string[]): Asking => ({ codes: [...codes], at: 0, answers: {} });

/** Note an answer and go on to the next question that has none. */
export function answer(state: Asking, code: string, right: boolean): Asking {
  const answers = { ...state.answers, [code]: right };
  const next = state.codes.findIndex((one) => !(one in answers));
  return { ...state, answers, at: next < 0 ? state.codes.indexOf(code) : next };
}

/** `1` is right, `0` is wrong, arrows move; null for any other key. */
export function byKey(state: Asking, key: string): Asking | null {
  const code = state.codes[state.at];
  if (!code) return null;
  if (key === "1") return answer(state, code, true);
  if (key === "0") return answer(state, code, false);
  const last = state.codes.length - 1;
  if (key === "ArrowDown") return { ...state, at: Math.min(last, state.at + 1) };
  if (key === "ArrowUp") return { ...state, at: Math.max(0, state.at - 1) };
  return null;
}

export const isComplete = (state: Asking): boolean =>
  state.codes.length > 0 && state.codes.every((code) => code in state.answers);
