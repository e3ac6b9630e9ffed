import { beforeEach, expect, it } from "vitest";
import { Voice, type Player } from "../src/voice/voice";

class FakePlayer implements Player {
  readonly heard: string[] = [];
  refuse = false;
  hold = false;
  speech = true;
  private release: (() => void) | null = null;

  play(url: string): Promise<void> {
    if (this.refuse) return Promise.reject(new DOMException("touch first", "NotAllowedError"));
    this.heard.push(url);
    return this.wait();
  }

  speak(text: string): Promise<void> {
    this.heard.push(text);
    return this.wait();
  }

  canSpeak(): boolean {
    return this.speech;
  }

  stop(): void {
    if (this.release) this.release();
    this.release = null;
  }

  unlock(): void {
    this.refuse = false;
  }

  finish(): Promise<void> {
    this.stop();
    return new Promise((done) => setTimeout(done));
  }

  private wait(): Promise<void> {
    return this.hold ? new Promise((done) => (this.release = done)) : Promise.resolve();
  }
}

let player: FakePlayer;
let voice: Voice;

beforeEach(() => {
  player = new FakePlayer();
  voice = new Voice({ player, textOf: (id) => `text of ${id}`, lang: () => "zh-CN" });
  voice.setManifest({ "zh-CN": ["a", "b"] });
});

it("plays the file of a prompt that has one and speaks the others", async () => {
  await voice.say([{ id: "a" }, { id: "unrecorded" }, { text: "two yuan" }]);
  expect(player.heard).toEqual(["/voice/zh-CN/a.mp3", "text of unrecorded", "two yuan"]);
});

it("falls back to speech when a file cannot be played", async () => {
  player.refuse = true;
  await voice.say([{ id: "a" }]);
  expect(player.heard).toEqual(["text of a"]);
});

it("stays silent, and goes on, where the browser cannot speak", async () => {
  player.speech = false;
  await voice.say([{ text: "two yuan" }, { id: "b" }]);
  expect(player.heard).toEqual(["/voice/zh-CN/b.mp3"]);
});

it("a new instruction cuts the old one", async () => {
  player.hold = true;
  void voice.say([{ id: "a" }, { id: "b" }]);
  void voice.say([{ text: "new" }]);
  await player.finish();
  expect(player.heard).toEqual(["/voice/zh-CN/a.mp3", "new"]);
  expect(voice.speaking).toBe(false);
});

it("`next` waits its turn and `idle` is dropped while something is said", async () => {
  player.hold = true;
  void voice.say([{ id: "a" }]);
  void voice.say([{ text: "later" }], "next");
  void voice.say([{ text: "never" }], "idle");
  await player.finish();
  await player.finish();
  expect(player.heard).toEqual(["/voice/zh-CN/a.mp3", "later"]);
});

it("says the last instruction again, after a touch also where sound was refused", async () => {
  await voice.say([{ id: "a" }]);
  player.refuse = true;
  await voice.again();
  expect(player.heard).toEqual(["/voice/zh-CN/a.mp3", "/voice/zh-CN/a.mp3"]);
});
