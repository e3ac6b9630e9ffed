/**
 * The phone's camera and microphone: opened once, flipped without touching the sound, taken again when lost.
 *
 * Flipping follows what phones need (elder.md, failure 2): the old track is stopped first, then the wanted
 * side is asked for as a wish, then strictly, then by the camera's own id; a busy camera is tried again
 * after 300 and 800 ms.
 */

export type Facing = "user" | "environment";
export type DeviceState = "on" | "off" | "refused" | "missing" | "busy";

export interface Opening {
  audio: DeviceState;
  video: DeviceState;
}

export type MediaSource = Pick<MediaDevices, "getUserMedia" | "enumerateDevices">;

/** Stands in where the browser gives a page no devices at all. */
export const NO_DEVICES: MediaSource = {
  getUserMedia: () => Promise.reject(new DOMException("no devices here", "NotFoundError")),
  enumerateDevices: () => Promise.resolve([]),
};

const RETRY_MS = [0, 300, 800];
const SOUND: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
/** The front picture is for talking and the face; the rear one is for print, and must be as large as it goes. */
const SIZE: Record<Facing, MediaTrackConstraints> = {
  user: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 } },
  environment: { width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 24, max: 30 } },
};
const REAR = /back|rear|environment|后/i;
const FRONT = /front|user|face ?time|前/i;

function stateOf(error: unknown): DeviceState {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError" || name === "PermissionDeniedError") return "refused";
  if (name === "NotFoundError" || name === "DevicesNotFoundError" || name === "OverconstrainedError") return "missing";
  return "busy";
}

/** Which way a track looks: as it says itself, else by its name, else unknown. */
export function facingOf(track: MediaStreamTrack): Facing | null {
  const said = track.getSettings ? track.getSettings().facingMode : undefined;
  if (said === "user" || said === "environment") return said;
  if (REAR.test(track.label)) return "environment";
  if (FRONT.test(track.label)) return "user";
  return null;
}

export class Devices {
  readonly stream = new MediaStream();
  facing: Facing = "user";
  opening: Opening = { audio: "off", video: "off" };
  /** Called after the video track was changed; null when there is none. */
  onVideo: (track: MediaStreamTrack | null) => void = () => undefined;
  /** Called when a track ended or fell silent by itself. */
  onLost: (kind: "audio" | "video") => void = () => undefined;
  private flipping: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly source: MediaSource,
    private readonly wait: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
  ) {}

  get audioTrack(): MediaStreamTrack | null {
    return this.stream.getAudioTracks()[0] ?? null;
  }

  get videoTrack(): MediaStreamTrack | null {
    return this.stream.getVideoTracks()[0] ?? null;
  }

  /** Ask for both at once (one permission prompt); what is refused or missing does not stop the other. */
  async open(want: { audio: boolean; video: boolean }): Promise<Opening> {
    this.close();
    const opening: Opening = { audio: "off", video: "off" };
    if (want.audio && want.video) {
      try {
        const both = await this.source.getUserMedia({ audio: SOUND, video: { facingMode: { ideal: "user" }, ...SIZE.user } });
        both.getTracks().forEach((track) => this.adopt(track));
        return (this.opening = { audio: "on", video: "on" });
      } catch {
        // One of the two is refused, missing or busy: ask for each alone to learn which.
      }
    }
    if (want.audio) opening.audio = await this.openAudio();
    if (want.video) opening.video = await this.openVideo("user");
    return (this.opening = opening);
  }

  async openAudio(): Promise<DeviceState> {
    try {
      const stream = await this.source.getUserMedia({ audio: SOUND });
      this.drop("audio");
      stream.getAudioTracks().forEach((track) => this.adopt(track));
      this.opening.audio = "on";
    } catch (error) {
      this.opening.audio = stateOf(error);
    }
    return this.opening.audio;
  }

  /** Change to this camera. Calls queue up, so that two quick ones end with the last. */
  flip(facing: Facing): Promise<DeviceState> {
    const next = this.flipping.then(() => {
      const track = this.videoTrack;
      if (track && track.readyState === "live" && this.facing === facing) return "on" as const;
      return this.openVideo(facing);
    });
    this.flipping = next.catch(() => undefined);
    return next;
  }

  /** Camera off, sound on: nothing is taken again until the next `flip`. */
  darken(): void {
    this.flipping = this.flipping.then(() => {
      this.drop("video");
      this.opening.video = "off";
      this.onVideo(null);
    });
  }

  /** Turn the light on or off; false where there is none. */
  async torch(on: boolean): Promise<boolean> {
    const track = this.videoTrack;
    const can = track && track.getCapabilities ? (track.getCapabilities() as { torch?: boolean }).torch : false;
    if (!track || !can) return false;
    try {
      await track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
      return true;
    } catch {
      return false;
    }
  }

  /** After the background or a phone call: take again what died. Returns what was renewed. */
  async renew(): Promise<{ audio: boolean; video: boolean }> {
    const dead = (track: MediaStreamTrack | null): boolean => !track || track.readyState === "ended" || track.muted;
    const audio = this.opening.audio === "on" && dead(this.audioTrack);
    const video = this.opening.video === "on" && dead(this.videoTrack);
    if (audio) await this.openAudio();
    if (video) await this.openVideo(this.facing);
    return { audio, video };
  }

  close(): void {
    this.drop("audio");
    this.drop("video");
  }

  private async openVideo(facing: Facing): Promise<DeviceState> {
    this.drop("video");
    let failed: unknown = null;
    for (const delay of RETRY_MS) {
      if (delay > 0) await this.wait(delay);
      try {
        const track = await this.acquire(facing);
        this.adopt(track);
        this.facing = facingOf(track) ?? facing;
        this.onVideo(track);
        return (this.opening.video = "on");
      } catch (error) {
        failed = error;
        if (stateOf(error) !== "busy") break;
      }
    }
    this.onVideo(null);
    return (this.opening.video = stateOf(failed));
  }

  private async acquire(facing: Facing): Promise<MediaStreamTrack> {
    const wished = await this.video({ facingMode: { ideal: facing } }, facing);
    const got = facingOf(wished);
    if (got === facing || got === null) return wished;
    wished.stop();
    try {
      return await this.video({ facingMode: { exact: facing } }, facing);
    } catch (error) {
      if (stateOf(error) === "refused") throw error;
    }
    const id = await this.idOf(facing);
    if (id) return this.video({ deviceId: { exact: id } }, facing);
    // The phone has one camera only: better that one than none.
    return this.video({}, facing);
  }

  private async video(constraints: MediaTrackConstraints, facing: Facing): Promise<MediaStreamTrack> {
    const stream = await this.source.getUserMedia({ video: { ...SIZE[facing], ...constraints } });
    const track = stream.getVideoTracks()[0];
    // A card must stay readable in the stream: on a weak phone fewer pictures, not smaller ones.
    if (track && facing === "environment" && "contentHint" in track) track.contentHint = "detail";
    if (!track) throw new DOMException("no picture", "NotFoundError");
    return track;
  }

  private async idOf(facing: Facing): Promise<string | null> {
    const pattern = facing === "environment" ? REAR : FRONT;
    const devices = await this.source.enumerateDevices();
    return devices.find((device) => device.kind === "videoinput" && pattern.test(device.label))?.deviceId ?? null;
  }

  private adopt(track: MediaStreamTrack): void {
    const kind = track.kind === "audio" ? "audio" : "video";
    const lost = (): void => {
      if (this.stream.getTracks().indexOf(track) >= 0) this.onLost(kind);
    };
    track.addEventListener("ended", lost);
    track.addEventListener("mute", lost);
    this.stream.addTrack(track);
  }

  private drop(kind: "audio" | "video"): void {
    const tracks = kind === "audio" ? this.stream.getAudioTracks() : this.stream.getVideoTracks();
    tracks.forEach((track) => {
      this.stream.removeTrack(track);
      track.stop();
    });
  }
}
