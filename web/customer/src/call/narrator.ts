/** What is said when something changes, and how often; steps speak for themselves (steps/use-step.ts). */
import type { Voice } from "../voice/voice";
import { activeStep, screenOf } from "./reducer";
import type { PageState } from "./state";
import type { CustomerView } from "./types";
import { aheadKey, waitKey } from "./words";

/** A waiting customer hears a voice at most this often. */
export const WAITING_VOICE_MS = 20_000;
/** From then on a call back is offered. */
export const CALL_BACK_AFTER_MS = 60_000;

export class Narrator {
  private lastWaiting = -Infinity;
  private rounds = 0;

  constructor(
    private readonly voice: Voice,
    private readonly state: PageState,
    private readonly now: () => number = Date.now,
  ) {}

  /** Called after each change of the view. */
  changed(before: CustomerView | null, after: CustomerView, kind: string): void {
    const was = before ? screenOf(before) : null;
    const is = screenOf(after);
    if (is === "call" && was !== "call" && !activeStep(after.step)) void this.voice.say([{ id: "call.connected" }]);
    if (after.visit.aside && !before?.visit.aside) void this.voice.say([{ id: "call.aside" }], "next");
    if (is === "waiting" && was === "call") void this.voice.say([{ id: "waiting.agent_lost" }]);
    if (is === "callback" && was !== "callback") void this.voice.say([{ id: "callback.title" }]);
    if (is === "ended" && was === "call") {
      const by = this.state.endedBy;
      void this.voice.say([...(by ? [{ id: `ended.by_${by}` }] : []), { id: "ended.thanks" }], "next");
    }
    if (kind === "receipt") this.receipt(after);
    if (kind === "message") this.message(after);
  }

  /** Called every second while waiting. */
  waiting(view: CustomerView): void {
    if (this.state.priming || this.now() - this.lastWaiting < WAITING_VOICE_MS || this.voice.speaking) return;
    this.lastWaiting = this.now();
    this.rounds += 1;
    if (view.visit.state === "offered") {
      void this.voice.say([{ id: "waiting.ringing" }], "idle");
      return;
    }
    const wait = waitKey(view.place?.wait_s);
    const lines = view.place ? [{ id: aheadKey(view.place.ahead) }] : [{ id: "waiting.title" }];
    if (wait && view.place && view.place.ahead > 0) lines.push({ id: wait });
    if (this.now() - this.state.waitingSince >= CALL_BACK_AFTER_MS && this.rounds % 2 === 0) {
      lines.push({ id: "waiting.call_back_hint" });
    }
    void this.voice.say(lines, "idle");
  }

  private receipt(view: CustomerView): void {
    const latest = view.receipts[view.receipts.length - 1];
    if (!latest) return;
    const id = latest.state === "succeeded" ? "receipt.title" : latest.state === "failed" ? "receipt.failed" : "receipt.pending";
    void this.voice.say([{ id }]);
  }

  private message(view: CustomerView): void {
    const latest = view.messages[view.messages.length - 1];
    if (latest && latest.sender !== "customer") void this.voice.say([{ text: latest.text }], "next");
  }
}
