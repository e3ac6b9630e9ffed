/** The rear camera for one step; afterwards the face comes back by itself: nobody has to ask for it. */
import { onBeforeUnmount } from "vue";
import { useCounter } from "../call/counter";
import { activeStep, screenOf } from "../call/reducer";

/** The next step for the rear camera may follow at once. */
const BACK_MS = 2000;
const OWN_CAMERA = ["card_front", "card_back", "card_tilt", "camera", "face"];

export function useRear(): () => Promise<boolean> {
  const { devices, state } = useCounter();
  onBeforeUnmount(() => {
    setTimeout(() => {
      const { view } = state;
      const step = activeStep(view?.step);
      // A camera that did not open, or was closed with the call, stays as it is.
      if (!view || screenOf(view) !== "call" || !devices.videoTrack || (step && OWN_CAMERA.indexOf(step.kind) >= 0)) return;
      void devices.flip("user");
    }, BACK_MS);
  });
  return async () => (await devices.flip("environment")) === "on";
}
