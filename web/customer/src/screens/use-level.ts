/** How loud the microphone is, 0 to 5, ten times a second: "we can hear you" made visible. */
import { onBeforeUnmount, ref } from "vue";

const LOOK_MS = 100;
export const STEPS = 5;
type AudioWindow = Window & { webkitAudioContext?: typeof AudioContext };

/** Root mean square of samples around 128 as a step: speech at arm's length reaches 2 or more. */
export function stepOf(samples: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < samples.length; at += 1) sum += ((samples[at] ?? 128) - 128) ** 2;
  const loud = Math.sqrt(sum / Math.max(1, samples.length)) / 128;
  return Math.max(0, Math.min(STEPS, Math.round(Math.log10(loud * 100 + 1) * 4)));
}

export function useLevel(track: () => MediaStreamTrack | null) {
  const level = ref(0);
  const heard = ref(false);
  const Context = window.AudioContext ?? (window as AudioWindow).webkitAudioContext;
  const now = track();
  let stop = (): void => undefined;
  if (Context && now) {
    const context = new Context();
    const analyser = context.createAnalyser();
    analyser.fftSize = 512;
    context.createMediaStreamSource(new MediaStream([now])).connect(analyser);
    const samples = new Uint8Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getByteTimeDomainData(samples);
      level.value = stepOf(samples);
      if (level.value >= 3) heard.value = true;
    }, LOOK_MS);
    stop = () => {
      clearInterval(timer);
      void context.close();
    };
  }
  onBeforeUnmount(() => stop());
  return { level, heard, available: Boolean(Context && now) };
}
