/** What waits at the desk beside the visit: the ring, the queue, and which pane is open. */
import { reactive } from "vue";

import type { OfferView, QueueView } from "../api/views";

export type Pane = "identity" | "business" | "history";

export const desk = reactive({
  offer: null as OfferView | null,
  queue: { waiting: 0, longest_wait_s: 0, elder_waiting: 0 } as QueueView,
  loaded: false,
  missed: "", // why the last ring ended without an answer
  pane: "identity" as Pane,
  disposition: "", // the wrap-up's result, as far as it is known during the call
});
