/**
 * What becomes of the camera after a step that needed it: the face comes back by itself; in a visit that
 * is not recorded the camera goes off, as was promised at its start.
 */
import { onBeforeUnmount } from "vue";
import { useCounter } from "../call/counter";
import { activeStep, screenOf } from "../call/reducer";

/** The next step for the rear camera may follow at once. */
const BACK_MS = 2000;
const OWN_CAMERA = ["card_front", "card_back", "card_tilt", "camera", "face", "photo"];

export function useCamera(): void {
  const { devices, state } = useCounter();
  onBeforeUnmount(() => {
    setTimeout(() => {
      const { view } = state;
      const step = activeStep(view?.step);
      // A camera that did not open, or was closed with the call, stays as it is.
      if (!view || screenOf(view) !== "call" || !devices.videoTrack || (step && OWN_CAMERA.indexOf(step.kind) >= 0)) return;
      if (view.visit.recording === "refused") devices.darken();
      else void devices.flip("user");
    }, BACK_MS);
  });
}

/** The rear camera for one step. */
export function useRear(): () => Promise<boolean> {
  const { devices } = useCounter();
  useCamera();
  return async () => (await devices.flip("environment")) === "on";
}
