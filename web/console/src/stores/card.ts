/** What the machine read on the customer's card: fetched when there is something new, because each look is audited. */
import { computed, reactive, watch } from "vue";

import type { CardReading, ReadState } from "../api/identity";
import * as visits from "../api/visits";
import { problemText } from "../ui/problems";
import { visit } from "./visit";

export const card = reactive({ visitId: "", reading: null as CardReading | null, error: "" });

const told = computed(() => visit.view?.identity.card ?? null);
/** How reading a side stands; the event is quicker than the fetched answer. */
export const sideState = (side: "front" | "back"): ReadState => told.value?.[side] ?? "none";

/** Names the pictures that were read, so that a retaken card is read out again. */
const wanted = computed(() => {
  const view = visit.view;
  if (!view || view.visit.state !== "serving") return "";
  if (sideState("front") !== "read" && sideState("back") !== "read") return "";
  const pictures = view.identity.images.filter((one) => one.kind === "card_front" || one.kind === "card_back");
  const sides = `${sideState("front")}/${sideState("back")}`;
  return `${view.visit.id}|${sides}|${pictures.map((one) => one.id).join(",")}`;
});

async function fetchReading(id: string, asked: string): Promise<void> {
  try {
    const reading = await visits.card(id);
    if (wanted.value !== asked) return;
    card.reading = reading;
    card.error = "";
  } catch (cause) {
    if (wanted.value === asked) card.error = problemText(cause);
  }
}

watch(
  wanted,
  (asked) => {
    const id = visit.view?.visit.id ?? "";
    if (card.visitId !== id) Object.assign(card, { visitId: id, reading: null, error: "" });
    if (asked) void fetchReading(id, asked);
  },
  { immediate: true },
);
// A visit without a reading has an empty wish, like the one before it: the name alone tells them apart.
watch(
  () => visit.view?.visit.id ?? "",
  (id) => {
    if (card.visitId !== id) Object.assign(card, { visitId: id, reading: null, error: "" });
  },
);
