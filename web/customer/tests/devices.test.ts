import { beforeEach, describe, expect, it } from "vitest";
import { Devices, type MediaSource } from "../src/camera/devices";

/** A phone: what it was asked for, in order, and what it gives. */
class FakePhone implements MediaSource {
  readonly asked: string[] = [];
  readonly open = new Set<MediaStreamTrack>();
  cameras: ("user" | "environment" | undefined)[] = ["user", "environment"];
  /** Android keeps the wish only when it can. */
  ignoreIdeal = false;
  refuse: { audio?: string; video?: string } = {};
  busyTimes = 0;

  getUserMedia(constraints: MediaStreamConstraints = {}): Promise<MediaStream> {
    const video = constraints.video as MediaTrackConstraints | undefined;
    this.asked.push([constraints.audio ? "audio" : "", video ? JSON.stringify({ facingMode: video.facingMode, deviceId: video.deviceId }) : ""].join(" ").trim());
    const stream = new MediaStream();
    if (constraints.audio) {
      if (this.refuse.audio) return Promise.reject(new DOMException("", this.refuse.audio));
      stream.addTrack(this.track("audio", undefined));
    }
    if (video) {
      if (this.refuse.video) return Promise.reject(new DOMException("", this.refuse.video));
      if (this.busyTimes > 0) {
        this.busyTimes -= 1;
        return Promise.reject(new DOMException("", "NotReadableError"));
      }
      const mode = video.facingMode as { ideal?: string; exact?: string } | undefined;
      const id = (video.deviceId as { exact?: string } | undefined)?.exact;
      const wanted = mode?.exact ?? (this.ignoreIdeal ? undefined : mode?.ideal);
      const camera = id ? this.cameras[Number(id)] : wanted && this.cameras.includes(wanted as "user") ? (wanted as "user") : this.cameras[0];
      if (mode?.exact && camera !== mode.exact) return Promise.reject(new DOMException("", "OverconstrainedError"));
      stream.addTrack(this.track("video", camera));
    }
    return Promise.resolve(stream);
  }

  enumerateDevices(): Promise<MediaDeviceInfo[]> {
    return Promise.resolve(
      this.cameras.map((facing, at) => ({ kind: "videoinput", deviceId: String(at), label: `camera ${facing === "environment" ? "back" : "x"}` }) as MediaDeviceInfo),
    );
  }

  private track(kind: "audio" | "video", facing: string | undefined): MediaStreamTrack {
    const listeners: Record<string, () => void> = {};
    const track = {
      kind,
      label: "",
      readyState: "live",
      muted: false,
      id: String(Math.random()),
      getSettings: () => ({ facingMode: facing }),
      addEventListener: (name: string, run: () => void) => (listeners[name] = run),
      stop: () => {
        track.readyState = "ended";
        this.open.delete(track as unknown as MediaStreamTrack);
      },
      fire: (name: string) => listeners[name]?.(),
    };
    this.open.add(track as unknown as MediaStreamTrack);
    return track as unknown as MediaStreamTrack;
  }
}

class FakeStream {
  private tracks: MediaStreamTrack[] = [];
  getTracks = (): MediaStreamTrack[] => [...this.tracks];
  getAudioTracks = (): MediaStreamTrack[] => this.tracks.filter((track) => track.kind === "audio");
  getVideoTracks = (): MediaStreamTrack[] => this.tracks.filter((track) => track.kind === "video");
  addTrack = (track: MediaStreamTrack): void => void this.tracks.push(track);
  removeTrack = (track: MediaStreamTrack): void => void (this.tracks = this.tracks.filter((one) => one !== track));
}

let phone: FakePhone;
let devices: Devices;
let waits: number[];

beforeEach(() => {
  Object.assign(globalThis, { MediaStream: FakeStream });
  phone = new FakePhone();
  waits = [];
  devices = new Devices(phone, (ms) => {
    waits.push(ms);
    return Promise.resolve();
  });
});

describe("opening", () => {
  it("asks once for both", async () => {
    expect(await devices.open({ audio: true, video: true })).toEqual({ audio: "on", video: "on" });
    expect(phone.asked).toHaveLength(1);
  });

  it("goes on with sound when the camera is refused, and says so", async () => {
    phone.refuse.video = "NotAllowedError";
    expect(await devices.open({ audio: true, video: true })).toEqual({ audio: "on", video: "refused" });
    expect(devices.audioTrack).not.toBeNull();
  });

  it("goes on with the picture when there is no microphone", async () => {
    phone.refuse.audio = "NotFoundError";
    expect(await devices.open({ audio: true, video: true })).toEqual({ audio: "missing", video: "on" });
  });

  it("never asks for the camera when recording was refused", async () => {
    await devices.open({ audio: true, video: false });
    expect(phone.asked).toEqual(["audio"]);
  });
});

describe("turning the camera", () => {
  it("stops the old picture first and leaves the sound alone", async () => {
    await devices.open({ audio: true, video: true });
    const sound = devices.audioTrack;
    const front = devices.videoTrack;
    expect(await devices.flip("environment")).toBe("on");
    expect(front?.readyState).toBe("ended");
    expect(devices.audioTrack).toBe(sound);
    expect(phone.open.size).toBe(2);
    expect(devices.facing).toBe("environment");
  });

  it("asks strictly when the wish was not kept", async () => {
    phone.ignoreIdeal = true;
    await devices.open({ audio: false, video: true });
    await devices.flip("environment");
    expect(devices.facing).toBe("environment");
    expect(phone.asked[phone.asked.length - 1]).toContain("exact");
    expect(phone.open.size).toBe(1);
  });

  it("makes do with the only camera there is", async () => {
    phone.cameras = ["user"];
    await devices.open({ audio: false, video: true });
    expect(await devices.flip("environment")).toBe("on");
    expect(devices.facing).toBe("user");
  });

  it("takes a camera that does not say which way it looks (Chromium's fake one)", async () => {
    phone.cameras = [undefined];
    await devices.open({ audio: false, video: true });
    expect(await devices.flip("environment")).toBe("on");
    expect(devices.facing).toBe("environment");
  });

  it("tries a busy camera again after 300 and 800 ms", async () => {
    await devices.open({ audio: false, video: true });
    phone.busyTimes = 2;
    expect(await devices.flip("environment")).toBe("on");
    expect(waits).toEqual([300, 800]);
  });

  it("two quick turns end with the last and with one open camera", async () => {
    await devices.open({ audio: false, video: true });
    await Promise.all([devices.flip("environment"), devices.flip("user")]);
    expect(devices.facing).toBe("user");
    expect(phone.open.size).toBe(1);
  });
});

it("takes again only what died", async () => {
  await devices.open({ audio: true, video: true });
  const sound = devices.audioTrack;
  devices.videoTrack?.stop();
  expect(await devices.renew()).toEqual({ audio: false, video: true });
  expect(devices.audioTrack).toBe(sound);
  expect(devices.videoTrack?.readyState).toBe("live");
});

it("darkened, it keeps the sound and takes no picture again by itself", async () => {
  await devices.open({ audio: true, video: false });
  await devices.flip("environment");
  const told: unknown[] = [];
  devices.onVideo = (track) => told.push(track);
  devices.darken();
  await devices.flip("user");
  devices.darken();
  await Promise.resolve();
  await Promise.resolve();
  expect(told.map((track) => track !== null)).toEqual([false, true, false]);
  expect(devices.videoTrack).toBeNull();
  expect(await devices.renew()).toEqual({ audio: false, video: false });
  expect(phone.open.size).toBe(1);
});
