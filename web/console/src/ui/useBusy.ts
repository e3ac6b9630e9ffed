/** Runs one operation at a time and tells its refusal: a double click does nothing the second time. */
import { ref, type Ref } from "vue";

import { toast } from "../adapter/toast";
import { problemText } from "./problems";

export interface Busy {
  busy: Ref<boolean>;
  error: Ref<string>;
  run: <T>(work: () => Promise<T>) => Promise<T | undefined>;
}

/** With `inline`, a refusal stands in `error` beside the control instead of a passing message. */
export function useBusy(inline = false): Busy {
  const busy = ref(false);
  const error = ref("");
  async function run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (busy.value) return undefined;
    busy.value = true;
    error.value = "";
    try {
      return await work();
    } catch (cause) {
      if (inline) error.value = problemText(cause);
      else toast("stop", problemText(cause));
      return undefined;
    } finally {
      busy.value = false;
    }
  }
  return { busy, error, run };
}
