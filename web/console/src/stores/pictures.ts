/** Evidence pictures, each fetched once: every look at the server's copy leaves an audit line. */
import { ref, watch, type Ref } from "vue";

import { blob } from "../api/http";
import { visit } from "./visit";

const kept = new Map<string, Promise<string>>();

/** The address of a picture for this page; asks the server the first time only. Raises ApiError. */
export function pictureUrl(visitId: string, imageId: string): Promise<string> {
  const name = `${visitId}/${imageId}`;
  const known = kept.get(name);
  if (known) return known;
  const fetched = blob(`/visits/${visitId}/images/${imageId}`).then((data) => URL.createObjectURL(data));
  kept.set(name, fetched);
  fetched.catch(() => kept.delete(name));
  return fetched;
}

/** Nothing of a customer stays in this page after the visit. */
export function forgetPictures(): void {
  for (const one of kept.values()) void one.then((url) => URL.revokeObjectURL(url)).catch(() => undefined);
  kept.clear();
}
watch(() => visit.view?.visit.id, forgetPictures);

/** The address of the picture that `which` names now; empty until it has come. */
export function usePicture(which: () => { visitId: string; imageId: string }): { url: Ref<string>; failed: Ref<boolean> } {
  const url = ref("");
  const failed = ref(false);
  watch(
    which,
    async ({ visitId, imageId }, before) => {
      if (before && before.visitId === visitId && before.imageId === imageId) return;
      url.value = "";
      failed.value = false;
      try {
        const found = await pictureUrl(visitId, imageId);
        if (which().imageId === imageId) url.value = found;
      } catch {
        failed.value = true;
      }
    },
    { immediate: true },
  );
  return { url, failed };
}
