/** What every step does: says itself, tells the agent where it is, answers once. */
import { onBeforeUnmount, onMounted, ref } from "vue";
import { asApiError } from "../../../shared/errors";
import { useCounter } from "../call/counter";
import type { StepView } from "../call/types";
import type { Line } from "../voice/voice";

export function useStep(step: StepView, spoken: () => Line[]) {
  const counter = useCounter();
  const sending = ref(false);
  const trouble = ref("");
  let answered = false;

  onMounted(() => {
    counter.progress(step.id, "shown");
    counter.mirror(`step:${step.kind}`, { step_id: step.id, phase: "shown" });
    void counter.voice.say(spoken());
  });
  onBeforeUnmount(() => {
    // Taken away by the agent: what it was saying no longer holds. An answered step may end its word.
    if (!answered) counter.voice.stop();
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
      if (problem.code === "step_gone") counter.finishStep(step.id, counter.texts.problem(problem));
      else {
        trouble.value = counter.texts.problem(problem);
        counter.progress(step.id, "refused", problem.code);
        throw problem;
      }
      return false;
    } finally {
      sending.value = false;
    }
  }

  async function answer(body: Record<string, unknown>, tick?: string): Promise<boolean> {
    try {
      return await once(() => counter.answer(step.id, body), tick);
    } catch {
      // What to do stands in `trouble`; the buttons work again.
      return false;
    }
  }

  return { counter, t: counter.texts.t, pick: counter.texts.pick, sending, trouble, once, answer };
}
