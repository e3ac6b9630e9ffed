import { beforeEach, expect, it } from "vitest";
import { KEEP_MS, ResumeStore } from "../src/call/resume";

const VISIT = { visit_id: "vis_1", credential: "secret", link: "tok" };
let now = 0;
const store = (): ResumeStore => new ResumeStore(window.sessionStorage, window.localStorage, () => now);

beforeEach(() => {
  window.sessionStorage.clear();
  window.localStorage.clear();
  now = 1_000_000_000_000;
});

it("goes on with the visit after a reload", () => {
  store().save(VISIT);
  expect(store().find("tok")).toMatchObject(VISIT);
});

it("goes on when the same link is opened in a new tab", () => {
  store().save(VISIT);
  window.sessionStorage.clear();
  expect(store().find("tok")?.visit_id).toBe("vis_1");
});

it("does not go on for another link, or after hours", () => {
  store().save(VISIT);
  expect(store().find("other")).toBeNull();
  now += KEEP_MS + 1;
  expect(store().find("tok")).toBeNull();
  expect(window.localStorage.getItem("vc.visit.vis_1")).toBeNull();
});

it("takes the newest of several visits of one link", () => {
  store().save(VISIT);
  now += 1000;
  store().save({ ...VISIT, visit_id: "vis_2" });
  window.sessionStorage.clear();
  expect(store().find("tok")?.visit_id).toBe("vis_2");
});

it("forgets", () => {
  store().save(VISIT);
  store().forget("vis_1");
  expect(store().find("tok")).toBeNull();
});

it("works where storage is refused or damaged", () => {
  const refusing = new Proxy({} as Storage, {
    get: () => () => {
      throw new DOMException("no", "SecurityError");
    },
  });
  const blocked = new ResumeStore(refusing, refusing);
  blocked.save(VISIT);
  expect(blocked.find("tok")).toBeNull();
  window.sessionStorage.setItem("vc.visit", "{broken");
  expect(store().find("tok")).toBeNull();
});

it("names this browser once", () => {
  expect(store().device(() => "a")).toBe("a");
  expect(store().device(() => "b")).toBe("a");
});
