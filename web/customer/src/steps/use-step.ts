/** What every step does: says itself, tells the agent where it is, answers once. */
import { computed, onBeforeUnmount, onMounted, ref } from "vue";
import type { MessageKey } from "../locales/zh-CN";
import { asApiError } from "../../../shared/errors";
import { useCounter } from "../call/counter";
import type { StepView } from "../call/types";
import type { Line } from "../voice/voice";

/** `ended`: what is said when the server ends the step as done, for steps that have no answer of their own. */
export function useStep(step: StepView, spoken: () => Line[], ended?: MessageKey) {
  const counter = useCounter();
  const sending = ref(false);
  const trouble = ref("");
  const { texts, voice } = counter;
  /** Why the agent asks for it again, in words: first on the screen, first to be heard. */
  const reason = step.params["reason"];
  const whyId = reason ? (texts.has(`retake.${reason}`) ? `retake.${reason}` : "retake.other") : "";
  const why = computed(() => whyId && texts.pick(whyId, "retake.other"));
  let answered = false;

  onMounted(() => {
    counter.progress(step.id, "shown");
    counter.mirror(`step:${step.kind}`, { step_id: step.id, phase: "shown" });
    void voice.say(whyId ? [{ id: whyId }, ...spoken()] : spoken());
  });
  onBeforeUnmount(() => {
    // An answered step may end its word.
    if (answered) return;
    const now = counter.state.view?.step;
    if (ended && now?.id === step.id && now.state === "done") {
      over(ended);
      void voice.say([{ id: ended }]);
      return;
    }
    // Taken away by the agent: what it was saying no longer holds.
    voice.stop();
  });

  /**
   * Run `send` unless one is on the way already (a double touch counts once). A step that has ended
   * meanwhile is no fault of the customer: it just goes. Returns whether it was accepted.
   */
  async function once(send: () => Promise<unknown>, tick?: string): Promise<boolean> {
    if (sending.value) return false;
    sending.value = true;
    trouble.value = "";
    counter.progress(step.id, "sending");
    try {
      await send();
      answered = true;
      counter.finishStep(step.id, tick);
      return true;
    } catch (error) {
      const problem = asApiError(error);
      if (problem.code === "step_gone") counter.finishStep(step.id, texts.problem(problem));
      else {
        trouble.value = texts.problem(problem);
        counter.progress(step.id, "refused", problem.code);
        throw problem;
      }
      return false;
    } finally {
      sending.value = false;
    }
  }

  /** The server has ended the step by itself: a tick, and its last word may be heard out. */
  function over(words: MessageKey): void {
    answered = true;
    counter.tick(texts.t(words));
  }

  async function answer(body: Record<string, unknown>, tick?: string): Promise<boolean> {
    try {
      return await once(() => counter.answer(step.id, body), tick);
    } catch {
      // What to do stands in `trouble`; the buttons work again.
      return false;
    }
  }

  /** The server has ended the step as failed: said where the agent's words stand, since the step goes. */
  function lost(words: MessageKey): void {
    answered = true;
    counter.note(texts.t(words));
    void voice.say([{ id: words }]);
  }

  return { counter, t: texts.t, pick: texts.pick, why, sending, trouble, once, answer, over, lost };
}
