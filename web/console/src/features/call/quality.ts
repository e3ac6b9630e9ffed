import type { CallState, CallStats } from "../../../../shared/rtc";

export interface Quality {
  word: "good" | "fair" | "poor" | "connecting" | "reconnecting" | "away";
  tone: "go" | "wait" | "stop";
}

/** The line in one word. Limits: loss 3 / 10 %, round trip 300 / 600 ms (ITU-T G.114 and G.1010). */
export function lineQuality(call: CallState, stats: CallStats | null, customerOnline: boolean): Quality {
  if (!customerOnline) return { word: "away", tone: "wait" };
  if (call === "reconnecting") return { word: "reconnecting", tone: "wait" };
  if (call !== "connected") return { word: "connecting", tone: "wait" };
  const loss = stats?.lossIn ?? 0;
  const rtt = stats?.rttMs ?? 0;
  if (loss > 0.1 || rtt > 600) return { word: "poor", tone: "stop" };
  if (loss > 0.03 || rtt > 300) return { word: "fair", tone: "wait" };
  return { word: "good", tone: "go" };
}
