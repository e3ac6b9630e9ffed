import { describe, expect, it } from "vitest";

import { actionName, emptyForm, faultOf, searchOf, visitTone } from "../src/features/history/history";
import { parsePlace } from "../src/router";

const form = (more: Partial<ReturnType<typeof emptyForm>>) => ({ ...emptyForm(), ...more });

describe("looking orders up", () => {
  it("asks for nothing in particular when nothing is filled in", () => {
    expect(faultOf(emptyForm())).toBeNull();
    expect(searchOf(emptyForm())).toEqual({ msisdn: "", action_id: "", state: "", since: null, until: null, agent: "" });
  });

  it("takes numbers and days as people type them", () => {
    const typed = form({ msisdn: "138 0000-6021", since: "20261101", until: "2026年11月30日", agent: " 1023 " });

    expect(faultOf(typed)).toBeNull();
    expect(searchOf(typed)).toMatchObject({ msisdn: "13800006021", since: "2026-11-01", until: "2026-11-30", agent: "1023" });
  });

  it("names the field that cannot be looked for", () => {
    expect(faultOf(form({ msisdn: "1380000" }))).toBe("msisdn");
    expect(faultOf(form({ since: "yesterday" }))).toBe("since");
    expect(faultOf(form({ until: "2026-02-30" }))).toBe("until");
    expect(faultOf(form({ since: "2026-11-02", until: "2026-11-01" }))).toBe("until");
  });

  it("has a place of its own", () => {
    expect(parsePlace("#/orders")).toEqual({ name: "orders", id: "" });
  });
});

describe("what was before", () => {
  it("names actions in the agent's language, unknown ones by their id", () => {
    expect(actionName("report_loss", true)).toBe("挂失");
    expect(actionName("report_loss", false)).toContain("Report loss");
    expect(actionName("sold_out", false)).toBe("sold out");
  });

  it("colours a visit by how it ended", () => {
    expect(visitTone({ disposition: "done", state: "closed" })).toBe("go");
    expect(visitTone({ disposition: "abusive", state: "closed" })).toBe("stop");
    expect(visitTone({ disposition: "not_done", state: "closed" })).toBe("wait");
    expect(visitTone({ disposition: null, state: "abandoned" })).toBe("plain");
  });
});
