import { describe, expect, it } from "vitest";

import { ageOn, readNumber, tidyNumber } from "../src/features/identity/document";
import { readDay } from "../src/ui/dates";

describe("a keyed identity card", () => {
  // GB 11643-1999 prints 11010519491231002X as its worked example.
  it("with a right check digit tells birth and sex", () => {
    expect(readNumber("11010519491231002X")).toEqual({ fault: null, birth: "1949-12-31", sex: "female" });
    expect(readNumber("11010519491231002x").fault).toBeNull();
  });

  it("takes full-width digits and blanks", () => {
    expect(tidyNumber("１１０１０５ 19491231 002ｘ")).toBe("11010519491231002X");
  });

  it.each([
    ["110105194912310021", "digit"],
    ["11010519491331002X", "birth"],
    ["1101051949123100", "short"],
    ["11010519491231A02X", "shape"],
    ["X", "short"],
  ])("%s is refused: %s", (number, fault) => {
    expect(readNumber(number).fault).toBe(fault);
  });

  it.each([
    ["20150312", "2015-03-12"],
    ["2015.3.12", "2015-03-12"],
    ["2015年3月12日", "2015-03-12"],
    ["20150230", ""],
    ["2015", ""],
  ])("reads the day %s as %s", (text, day) => {
    expect(readDay(text)).toBe(day);
  });

  it("counts whole years only", () => {
    expect(ageOn("1953-04-12", new Date(2026, 3, 11))).toBe(72);
    expect(ageOn("1953-04-12", new Date(2026, 3, 12))).toBe(73);
  });
});
