/** The customer's side of one visit: every touch of the page ends in one of these methods. */
import { inject, type InjectionKey } from "vue";
import { createApi, newKey, type Api } from "../../../shared/api";
import { ApiError, asApiError } from "../../../shared/errors";
import { Devices, NO_DEVICES } from "../camera/devices";
import type { Revealed } from "../steps/rows";
import { BrowserPlayer } from "../voice/player";
import { Voice, type Manifest } from "../voice/voice";
import { BackGuard } from "./back-guard";
import { canKeep } from "./keep";
import { facts, inApp, verdict } from "./browser";
import { Live } from "./live";
import { Narrator } from "./narrator";
import { apply, putsAway, screenOf } from "./reducer";
import { repeat } from "./repeat";
import { ResumeStore, type StoredVisit } from "./resume";
import { createState, createStreams } from "./state";
import { createTexts } from "./texts";
import type { CustomerView, Opened } from "./types";
import { WakeLock } from "./wake";

const PRIMING_MS = 1200;
const TICK_MS = 1400;
const RECEIPT_MS = 30_000;
/** A silent device is taken again only if it stays silent: a ring tone may be short. */
const LOST_MS = 1500;

function linkOf(path: string): string {
  const match = /^\/c\/([^/]+)/.exec(path);
  return match ? decodeURIComponent(match[1] ?? "") : "";
}

export class Counter {
  readonly state = createState();
  readonly streams = createStreams();
  readonly texts = createTexts();
  readonly voice: Voice;
  readonly devices: Devices;
  readonly api: Api;
  private readonly browser = facts();
  private readonly store = new ResumeStore(window.sessionStorage, window.localStorage);
  private readonly link = linkOf(window.location.pathname);
  private readonly wake = new WakeLock();
  private readonly back = new BackGuard(() => this.askToLeave());
  private readonly narrator: Narrator;
  private visit: StoredVisit | null = null;
  private live: Live | null = null;
  private recording: "given" | "refused" = "given";
  private joinKey = newKey();
  private tickTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    const { texts } = this;
    this.voice = new Voice({
      player: new BrowserPlayer(),
      textOf: (id) => texts.pick(id, "step.unknown.title"),
      lang: () => texts.lang.value,
    });
    this.narrator = new Narrator(this.voice, this.state);
    this.api = createApi({ credential: () => this.visit && this.visit.credential });
    const source = navigator.mediaDevices as MediaDevices | undefined;
    this.devices = new Devices(this.browser.canUseDevices && source ? source : NO_DEVICES);
    this.devices.onVideo = (track) => this.ownVideo(track);
    this.devices.onLost = () => window.setTimeout(() => void this.renew(), LOST_MS);
    document.addEventListener("visibilitychange", () => void this.renew());
    window.addEventListener("online", () => this.live?.probe());
  }

  /** First thing: go on with the visit of this browser, or show the start. */
  async begin(tapped: boolean): Promise<void> {
    void this.loadVoice();
    const verdictNow = verdict(this.browser);
    if (verdictNow !== "call") this.state.phase = verdictNow === "guide" ? "inapp" : "old";
    const stored = this.store.find(this.link);
    if (stored && (await this.resume(stored))) return;
    if (tapped && this.state.phase === "start") void this.join("given");
    else if (this.state.phase === "start") void this.voice.say([{ id: "start.notice" }], "idle");
  }

  /** The big button (or the plain link beside it): consents or refuses, joins, and asks for the devices. */
  async join(recording: "given" | "refused", takeover = false): Promise<void> {
    if (this.state.phase === "busy") return;
    const before = this.state.phase;
    this.state.phase = "busy";
    this.recording = recording;
    this.voice.unlock();
    if (before === "start" && recording === "given") void this.voice.say([{ id: "start.notice" }]);
    try {
      await this.open(takeover);
      await this.enter(await this.api.get<CustomerView>("/visit"));
    } catch (error) {
      this.joinKey = newKey();
      this.failed(asApiError(error));
    }
  }

  private async open(takeover: boolean): Promise<void> {
    const opened = await this.api.post<Opened>(
      "/visits",
      {
        link: this.link || undefined,
        lang: this.texts.lang.value,
        recording: this.recording,
        takeover,
        device: this.store.device(newKey),
      },
      { key: this.joinKey + (takeover ? "t" : "") },
    );
    this.visit = { visit_id: opened.visit_id, credential: opened.credential, link: this.link, at: 0 };
    this.store.save(this.visit);
  }

  /** Ask for camera and microphone, telling first what the phone will ask. */
  async openDevices(): Promise<void> {
    const wantVideo = this.recording === "given";
    if (!(await this.allowed(wantVideo))) {
      this.state.priming = true;
      void this.voice.say([{ id: wantVideo ? "priming.body" : "priming.body_audio" }], "next");
      await new Promise((done) => setTimeout(done, PRIMING_MS));
    }
    const opening = await this.devices.open({ audio: true, video: wantVideo });
    this.state.priming = false;
    this.state.opening = { ...opening };
    const lacking = opening.audio !== "on" || (wantVideo && opening.video !== "on");
    this.state.guide = lacking;
    if (lacking) void this.voice.say([{ id: this.guideTitle }]);
    this.showOwn();
    this.live?.ready(this.devices.stream.getTracks().length > 0 ? this.devices.stream : null);
  }

  get guideTitle(): "guide.inapp.title" | "guide.refused.title_both" | "guide.refused.title_microphone" | "guide.refused.title" {
    const opening = this.state.opening;
    if (inApp(this.browser.userAgent)) return "guide.inapp.title";
    if (opening?.audio === "on") return "guide.refused.title";
    return opening?.video === "on" || opening?.video === "off" ? "guide.refused.title_microphone" : "guide.refused.title_both";
  }

  get inApp(): boolean {
    return inApp(this.browser.userAgent);
  }

  get canCall(): boolean {
    return this.browser.canCall;
  }

  /** Whether this browser can keep a file that the page made. */
  get canKeep(): boolean {
    return canKeep(this.browser.userAgent, window);
  }

  /** The receipt of an order as PDF; the server draws it on asking. */
  receiptFile(orderId: string): Promise<Blob> {
    return this.api.blob(`/visit/receipts/${orderId}`, { timeoutMs: RECEIPT_MS });
  }

  /** POST for a step, repeated over a short lapse of the network with the same key: it counts once. */
  async answer(stepId: string, answer: Record<string, unknown>): Promise<unknown> {
    return repeat((key) => this.api.post(`/visit/steps/${stepId}/answer`, { answer }, { key }));
  }

  async upload(stepId: string, picture: Blob): Promise<unknown> {
    return repeat((key) => this.api.upload(`/visit/steps/${stepId}/image`, picture, { key }));
  }

  /** What only this screen may show; it is fetched anew each time and kept nowhere. */
  async reveal(stepId: string): Promise<Revealed> {
    return this.api.post<Revealed>(`/visit/steps/${stepId}/reveal`);
  }

  /** The address of the operator's own page for a step; it is shown in a frame and kept nowhere. */
  async page(stepId: string): Promise<string> {
    const { url } = await this.api.post<{ url: string }>(`/visit/steps/${stepId}/page`);
    return url;
  }

  async message(text: string): Promise<void> {
    await repeat((key) => this.api.post("/visit/messages", { text }, { key }));
  }

  /** The step is answered: off the screen at once, with a tick; the server's own word follows. */
  finishStep(stepId: string, words?: string): void {
    const { view } = this.state;
    if (view?.step?.id === stepId) this.state.view = { ...view, step: null };
    this.tick(words ?? this.texts.t("step.done"));
  }

  tick(words: string): void {
    clearTimeout(this.tickTimer);
    this.state.tick = words;
    this.tickTimer = setTimeout(() => {
      this.state.tick = "";
    }, TICK_MS);
  }

  /** A word of the page's own among the captions. */
  note(text: string): void {
    const { view } = this.state;
    if (view) this.state.view = apply(view, "message", { id: newKey(), sender: "system", text, at: new Date().toISOString() });
  }

  progress(stepId: string, phase: string, hint?: string): void {
    this.live?.tell("progress", hint ? { step_id: stepId, phase, hint } : { step_id: stepId, phase });
  }

  mirror(what: string, detail: Record<string, unknown> = {}): void {
    this.live?.tell("screen", { what, detail });
  }

  waitingTick(): void {
    if (this.state.view && !document.hidden) this.narrator.waiting(this.state.view);
  }

  async callBack(): Promise<void> {
    await repeat((key) => this.api.post("/visit/call_back", {}, { key }));
    await this.refresh();
  }

  askToLeave(): void {
    this.state.leaving = true;
  }

  async leave(): Promise<void> {
    this.state.leaving = false;
    this.state.endedBy = "you";
    await this.api.post("/visit/leave", {}, { key: newKey() }).catch(() => undefined);
    await this.refresh();
    if (this.live) this.state.endedBy = "";
  }

  async setLang(lang: "zh-CN" | "en"): Promise<void> {
    await this.texts.setLang(lang).catch(() => undefined);
    if (this.visit) await this.api.post("/visit/lang", { lang }).catch(() => undefined);
  }

  /** "Yes, move the link to this phone": with the choice about recording that was made before. */
  takeOver(): Promise<void> {
    return this.join(this.recording, true);
  }

  /** After "opened somewhere else": come back here. Another device must be asked for again. */
  async comeBack(): Promise<void> {
    const stored = this.visit;
    if (!stored || !(await this.resume(stored))) await this.takeOver();
  }

  /** Where no call is possible at all: enter the queue and ask to be called. */
  async callBackOnly(): Promise<void> {
    try {
      await this.open(false);
      await this.api.post("/visit/call_back", {}, { key: newKey() });
      this.state.phase = "live";
      await this.refresh();
    } catch (error) {
      this.failed(asApiError(error));
    }
  }

  /** After a problem: go on with the visit if there is one, else from the start. */
  async tryAgain(): Promise<void> {
    const stored = this.visit;
    if (this.state.problem?.status === 0 && stored) await this.resume(stored);
    else this.restart();
  }

  restart(): void {
    if (this.visit) this.store.forget(this.visit.visit_id);
    this.visit = null;
    this.back.disarm();
    this.joinKey = newKey();
    Object.assign(this.state, { view: null, receipt: null, problem: null, opening: null, guide: false, endedBy: "", phase: "start" });
  }

  private async resume(stored: StoredVisit): Promise<boolean> {
    this.visit = stored;
    try {
      const view = await repeat(() => this.api.get<CustomerView>("/visit"));
      if (screenOf(view) === "ended" && view.receipts.length === 0) throw new ApiError("visit_gone");
      this.recording = view.visit.recording === "refused" ? "refused" : "given";
      await this.enter(view);
      return true;
    } catch (error) {
      // No network: the visit may well stand, so it is kept and tried again by hand.
      if (asApiError(error).status === 0 && asApiError(error).code !== "visit_gone") {
        this.failed(asApiError(error));
        return true;
      }
      this.store.forget(stored.visit_id);
      this.visit = null;
      return false;
    }
  }

  private async enter(view: CustomerView): Promise<void> {
    const { state } = this;
    state.view = view;
    if (view.large_print) this.texts.enlarge();
    state.phase = "live";
    state.problem = null;
    state.waitingSince = Date.now();
    if (view.visit.lang !== this.texts.lang.value) void this.setLang(this.texts.lang.value);
    const screen = screenOf(view);
    if (screen !== "waiting" && screen !== "call") return this.stop();
    this.back.arm();
    this.wake.keep(true);
    this.live?.close();
    if (this.visit) this.live = new Live(this.visit.visit_id, this.liveDeps());
    await this.openDevices();
  }

  private liveDeps() {
    return {
      api: this.api,
      state: this.state,
      streams: this.streams,
      changed: (before: CustomerView | null, after: CustomerView, kind: string) => this.changed(before, after, kind),
      over: () => void this.refresh(),
    };
  }

  private changed(before: CustomerView | null, after: CustomerView, kind: string): void {
    const was = before ? screenOf(before) : null;
    const is = screenOf(after);
    // Only what was seen to happen is told: a visit found over after a lapse may have run out.
    if (is === "ended" && was === "call" && kind === "visit") this.state.endedBy = this.state.endedBy || "agent";
    this.narrator.changed(before, after, kind);
    if (is === "waiting" && was === "call") {
      this.state.agentLost = true;
      this.state.waitingSince = Date.now();
    }
    // A question about leaving the queue must not turn into one about hanging up.
    if (is !== was) this.state.leaving = false;
    if (is === "call") {
      this.state.agentLost = false;
      this.state.guide = false;
    }
    if (before?.step && after.step?.id !== before.step.id) this.state.challenge = this.state.tilt = null;
    if (putsAway(after.step, this.state.receipt)) this.state.receipt = null;
    if (is === "ended" || is === "callback") this.stop();
  }

  /** The call is over: devices off, light off; the receipt stays on the screen. */
  private stop(): void {
    this.live?.close();
    this.live = null;
    this.devices.close();
    this.streams.own = null;
    this.wake.keep(false);
    this.back.disarm();
    Object.assign(this.state, { chatOpen: false, leaving: false, priming: false, guide: false, receipt: null });
  }

  private async refresh(): Promise<void> {
    try {
      const view = await this.api.get<CustomerView>("/visit");
      const before = this.state.view;
      this.state.view = view;
      if (view.large_print) this.texts.enlarge();
      this.changed(before, view, "snapshot");
    } catch (error) {
      this.failed(asApiError(error));
    }
  }

  private failed(error: ApiError): void {
    if (error.status === 401 || error.code === "visit_gone") {
      if (this.visit) this.store.forget(this.visit.visit_id);
      this.stop();
    }
    this.state.problem = error;
    this.state.phase = error.code === "link_in_use" ? "in_use" : "problem";
  }

  private ownVideo(track: MediaStreamTrack | null): void {
    this.live?.replaceVideo(track);
    this.showOwn();
  }

  private showOwn(): void {
    const hasVideo = this.devices.videoTrack !== null;
    this.streams.own = hasVideo ? this.devices.stream : null;
    this.streams.mirrored = this.devices.facing === "user";
    this.streams.ownVersion += 1;
  }

  private async renew(): Promise<void> {
    if (document.hidden || !this.live || this.state.priming) return;
    this.live.probe();
    const renewed = await this.devices.renew();
    if (renewed.audio) this.live?.ready(this.devices.stream);
    if (renewed.video || renewed.audio) this.showOwn();
  }

  private async allowed(video: boolean): Promise<boolean> {
    const permissions = navigator.permissions as Permissions | undefined;
    if (!permissions?.query) return false;
    const names = video ? ["camera", "microphone"] : ["microphone"];
    try {
      const states = await Promise.all(names.map((name) => permissions.query({ name: name as PermissionName })));
      return states.every((status) => status.state === "granted");
    } catch {
      // Firefox and old iOS do not know these names: telling once more does no harm.
      return false;
    }
  }

  private async loadVoice(): Promise<void> {
    try {
      const answer = await fetch("/voice/manifest.json");
      if (answer.ok) this.voice.setManifest((await answer.json()) as Manifest);
    } catch {
      // Without it the browser's own voice reads, where there is one.
    }
  }
}

export const COUNTER: InjectionKey<Counter> = Symbol("counter");

export function useCounter(): Counter {
  const counter = inject(COUNTER);
  if (!counter) throw new Error("the counter is not provided");
  return counter;
}
