/** The agent's own camera and microphone: opened before the first ring, so that no customer waits for it. */
import { reactive, shallowRef } from "vue";

export type DeviceTrouble = "refused" | "missing" | "busy" | "insecure" | "";

export const devices = reactive({
  opening: false,
  audio: false,
  video: false,
  trouble: "" as DeviceTrouble,
  muted: false,
});
export const ownStream = shallowRef<MediaStream | null>(null);

const WANTED = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 } },
};

export function troubleOf(cause: unknown): DeviceTrouble {
  const name = cause instanceof Error ? cause.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return "busy";
}

function keep(stream: MediaStream): void {
  ownStream.value = stream;
  devices.audio = stream.getAudioTracks().length > 0;
  devices.video = stream.getVideoTracks().length > 0;
  for (const track of stream.getTracks()) {
    track.addEventListener("ended", () => void openDevices(true));
  }
  applyMute();
}

/**
 * Open camera and microphone; with one of them missing the other is still used.
 * Safe to repeat: an open stream is kept unless `again`.
 */
export async function openDevices(again = false): Promise<void> {
  if (devices.opening || (ownStream.value && !again)) return;
  if (!navigator.mediaDevices?.getUserMedia) {
    devices.trouble = "insecure";
    return;
  }
  devices.opening = true;
  closeDevices();
  devices.trouble = "";
  try {
    keep(await navigator.mediaDevices.getUserMedia(WANTED));
  } catch (cause) {
    devices.trouble = troubleOf(cause);
    for (const one of [{ audio: WANTED.audio }, { video: WANTED.video }]) {
      const stream = await navigator.mediaDevices.getUserMedia(one).catch(() => null);
      if (stream) {
        keep(stream);
        break;
      }
    }
  } finally {
    devices.opening = false;
  }
}

export function closeDevices(): void {
  for (const track of ownStream.value?.getTracks() ?? []) track.stop();
  ownStream.value = null;
  devices.audio = devices.video = false;
}

function applyMute(): void {
  for (const track of ownStream.value?.getAudioTracks() ?? []) track.enabled = !devices.muted;
}

export function toggleMute(): void {
  devices.muted = !devices.muted;
  applyMute();
}
