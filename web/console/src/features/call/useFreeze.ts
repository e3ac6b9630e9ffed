import { nextTick, ref, watch, type Ref } from "vue";

import { sealed } from "../../stores/visit";

/** Holds the picture still while the call goes on; a sealed step drops the still. */
export function useFreeze(video: Ref<HTMLVideoElement | undefined>) {
  const canvas = ref<HTMLCanvasElement>();
  const frozen = ref(false);

  async function freeze(): Promise<void> {
    frozen.value = !frozen.value;
    await nextTick();
    const [from, to] = [video.value, canvas.value];
    if (!frozen.value || !from || !to) return;
    to.width = from.videoWidth;
    to.height = from.videoHeight;
    to.getContext("2d")?.drawImage(from, 0, 0);
  }

  watch(sealed, (shut) => {
    if (!shut) return;
    frozen.value = false;
    if (canvas.value) canvas.value.width = 0;
  });
  return { canvas, frozen, freeze };
}
