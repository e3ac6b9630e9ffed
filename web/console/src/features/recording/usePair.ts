import { computed, onBeforeUnmount, ref, watch, type Ref } from "vue";

/** Two pictures may drift apart by this much before the second is set to the first (half of 200 ms). */
const DRIFT_S = 0.1;
const LOOK_MS = 200;

/** Keeps any number of videos at one place of one timeline; the first one leads. */
export function usePair(videos: Ref<HTMLVideoElement[]>) {
  const at = ref(0);
  const length = ref(0);
  const playing = ref(false);
  const speed = ref(1);
  const leader = computed(() =>
    videos.value.reduce<HTMLVideoElement | undefined>((best, one) => (best && best.duration >= one.duration ? best : one), undefined),
  );

  function start(): void {
    length.value = Math.max(0, ...videos.value.map((one) => (Number.isFinite(one.duration) ? one.duration : 0)));
  }
  function seek(to: number): void {
    at.value = Math.min(Math.max(0, to), length.value);
    for (const one of videos.value) one.currentTime = Math.min(at.value, one.duration || at.value);
  }
  async function play(): Promise<void> {
    if (at.value >= length.value - 0.05) seek(0);
    playing.value = true;
    await Promise.allSettled(videos.value.map((one) => one.play()));
  }
  function pause(): void {
    playing.value = false;
    for (const one of videos.value) one.pause();
  }
  function keepTogether(): void {
    const first = leader.value;
    if (!first || !playing.value) return;
    at.value = first.currentTime;
    for (const one of videos.value) {
      if (one === first || one.ended) continue;
      if (Math.abs(one.currentTime - first.currentTime) > DRIFT_S) one.currentTime = first.currentTime;
      if (one.paused && first.currentTime < one.duration) void one.play().catch(() => undefined);
    }
    if (first.ended) pause();
  }

  const timer = window.setInterval(keepTogether, LOOK_MS);
  watch(speed, (now) => {
    for (const one of videos.value) one.playbackRate = now;
  });
  onBeforeUnmount(() => window.clearInterval(timer));
  return { at, length, playing, speed, start, seek, toggle: () => (playing.value ? pause() : void play()) };
}
