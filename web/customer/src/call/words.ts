/** Numbers as whole spoken sentences: each is a fixed prompt, so that a recorded voice can say it. */
import type { MessageKey } from "../locales/zh-CN";

export function aheadKey(ahead: number): MessageKey {
  const people = Math.max(0, Math.floor(ahead));
  return people > 10 ? "waiting.ahead.many" : (`waiting.ahead.${people}` as MessageKey);
}

/** Rounded up to a wait that people say; null when nothing useful is known. */
export function waitKey(seconds: number | null | undefined): MessageKey | null {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds) || seconds < 0) return null;
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  if (minutes <= 5) return `waiting.minutes.${minutes}` as MessageKey;
  if (minutes <= 10) return "waiting.minutes.10";
  if (minutes <= 15) return "waiting.minutes.15";
  if (minutes <= 30) return "waiting.minutes.30";
  return "waiting.minutes.long";
}

/** A code in groups that can be read aloud and copied by hand: `12345678` -> `1234 5678`. */
export function grouped(secret: string): string {
  const plain = secret.replace(/\s+/g, "");
  const size = plain.length % 4 === 0 || plain.length > 6 ? 4 : 3;
  const groups: string[] = [];
  for (let at = 0; at < plain.length; at += size) groups.push(plain.slice(at, at + size));
  return groups.join(" ");
}
