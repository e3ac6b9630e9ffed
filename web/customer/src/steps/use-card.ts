/** Rear camera, frame, picture by itself: the loop behind the two card steps. */
import { onBeforeUnmount, onMounted, ref, type Ref } from "vue";
import { asApiError } from "../../../shared/errors";
import { CaptureGate, HintHold, type CaptureHint } from "../camera/capture-gate";
import { blobToJpeg, FrameReader, takeStill } from "../camera/still";
import { useCounter } from "../call/counter";
import type { MessageKey } from "../locales/zh-CN";
import { useRear } from "./rear";
import type { useStep } from "./use-step";

const LOOK_MS = 125;
const HINT_MS = 1200;
/** A hint is spoken when it has stood this long, and not more often than this. */
const SPEAK_MS = 4500;
/** The first prompt is heard out before a hint is spoken. */
const FIRST_MS = 6000;
/** From then on a button is offered as well. */
const BY_HAND_MS = 12_000;
/** A refusal stands this long, with its picture. */
const REFUSED_MS = 3200;
/** Before the first look the camera finds its light, and the hand turns the card over. */
const SETTLE_MS = { card_front: 600, card_back: 3000 };

export type CardPhase = "looking" | "sending" | "accepted" | "refused";

export function useCard(kind: "card_front" | "card_back", stepId: string, use: ReturnType<typeof useStep>, video: Ref<HTMLVideoElement | null>, guide: Ref<HTMLElement | null>) {
  const counter = useCounter();
  const { devices, voice, texts } = counter;
  const openRear = useRear();
  const phase = ref<CardPhase>("looking");
  const hint = ref<string>("");
  /** What the hint is about, for its picture. */
  const code = ref("");
  const good = ref(false);
  const byHand = ref(false);
  const noCamera = ref(false);
  const gate = new CaptureGate();
  const hold = new HintHold<CaptureHint>(HINT_MS);
  const reader = new FrameReader();
  const began = Date.now();
  let spokenAt = began + FIRST_MS - SPEAK_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let gone = false;

  function say(key: MessageKey): void {
    hint.value = texts.t(key);
    code.value = key.slice(key.lastIndexOf(".") + 1);
    counter.progress(stepId, phase.value, key);
    counter.mirror("card", { step_id: stepId, phase: phase.value, hint: key });
  }

  function look(): void {
    timer = setTimeout(look, LOOK_MS);
    const element = video.value;
    const frame = guide.value;
    if (phase.value === "sending" || phase.value === "accepted" || !element || !frame || document.hidden) return;
    const now = Date.now();
    byHand.value = now - began > BY_HAND_MS;
    const view = element.getBoundingClientRect();
    const box = frame.getBoundingClientRect();
    const grey = reader.read(element, { x: box.left - view.left, y: box.top - view.top, width: box.width, height: box.height });
    if (!grey) return;
    const verdict = gate.see(grey, now);
    const shown = hold.show(verdict.hint, now);
    good.value = shown === "good";
    const key: MessageKey = `step.card.${shown}`;
    if (hint.value !== texts.t(key) && phase.value === "looking") say(key);
    if (shown !== "good" && now - spokenAt >= SPEAK_MS && !voice.speaking) {
      spokenAt = now;
      void voice.say([{ id: key }], "idle");
    }
    if (verdict.capture) void capture();
  }

  async function capture(): Promise<void> {
    const track = devices.videoTrack;
    if (!video.value || !track || phase.value === "sending" || phase.value === "accepted") return;
    phase.value = "sending";
    say("step.card.sending");
    try {
      await send(await takeStill(video.value, track));
    } catch {
      // The camera gave no still this time: look again.
      retry("problem.image_unusable");
    }
  }

  async function send(picture: Blob): Promise<void> {
    phase.value = "sending";
    say("step.card.sending");
    void voice.say([{ id: "step.card.sending" }], "idle");
    try {
      await use.once(() => counter.upload(stepId, picture), texts.t("step.card.accepted"));
      phase.value = "accepted";
      void voice.say([{ id: "step.card.accepted" }]);
    } catch (error) {
      const { code, fields } = asApiError(error);
      const exact = `problem.${code}.${String(fields["reason"] ?? "")}`;
      retry((texts.has(exact) ? exact : texts.has(`problem.${code}`) ? `problem.${code}` : "problem.unknown") as MessageKey);
    }
  }

  function retry(key: MessageKey): void {
    if (gone) return;
    phase.value = "refused";
    say(key);
    void voice.say([{ id: key }]);
    gate.reset();
    spokenAt = Date.now();
    // Time to read it and to change something before the next picture.
    clearTimeout(timer);
    timer = setTimeout(() => {
      phase.value = "looking";
      look();
    }, REFUSED_MS);
  }

  /** A picture from the phone's own camera app, where the page gets no camera. */
  async function chosen(event: Event): Promise<void> {
    const file = (event.target as HTMLInputElement).files?.[0];
    if (file) await send(await blobToJpeg(file).catch(() => file));
  }

  onMounted(async () => {
    noCamera.value = !(await openRear());
    if (noCamera.value || gone) return;
    timer = setTimeout(look, SETTLE_MS[kind]);
  });
  onBeforeUnmount(() => {
    gone = true;
    clearTimeout(timer);
  });

  return { phase, hint, code, good, byHand, noCamera, capture, chosen };
}
