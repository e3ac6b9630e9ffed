/** Written words over the picture: the agent's long enough to be read twice, one's own only to see that they went. */
import { computed, onBeforeUnmount, ref, watch } from "vue";
import type { MessageView } from "../call/types";

const OWN_MS = 8_000;

export function useCaptions(messages: () => MessageView[], agentMs: () => number) {
  const now = ref(Date.now());
  const came: Record<string, number> = {};
  watch(
    () => messages().length,
    () => {
      now.value = Date.now();
      messages().forEach((message) => {
        came[message.id] = came[message.id] ?? now.value;
      });
    },
    { immediate: true },
  );
  const timer = setInterval(() => {
    now.value = Date.now();
  }, 1000);
  onBeforeUnmount(() => clearInterval(timer));
  return computed(() =>
    messages()
      .slice(-2)
      .filter((message) => now.value - (came[message.id] ?? now.value) < (message.sender === "customer" ? OWN_MS : agentMs())),
  );
}
