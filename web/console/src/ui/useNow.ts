/** A clock that ticks once a second and is shared by everything that shows a running time. */
import { onBeforeUnmount, ref, type Ref } from "vue";

const now = ref(Date.now());
let users = 0;
let timer = 0;

export function useNow(): Readonly<Ref<number>> {
  if (users++ === 0) {
    now.value = Date.now();
    timer = window.setInterval(() => (now.value = Date.now()), 1000);
  }
  onBeforeUnmount(() => {
    if (--users === 0) window.clearInterval(timer);
  });
  return now;
}

/** Seconds from an instant until `at`; zero when there is no instant. */
export function secondsSince(iso: string | null | undefined, at: number): number {
  return iso ? Math.max(0, (at - Date.parse(iso)) / 1000) : 0;
}
