import { expect, it } from "vitest";
import { Pad, rulesFrom } from "../src/steps/pad";

const type = (pad: Pad, digits: string): void => [...digits].forEach((digit) => pad.press(digit));

it("takes digits only and no more than asked for", () => {
  const pad = new Pad(rulesFrom({ purpose: "sms_code", length: "6", secret: "no" }));
  type(pad, "12a34567");
  expect(pad.digits).toBe("123456");
  expect(pad.done()).toBe("full");
});

it("is not done before it is full", () => {
  const pad = new Pad(rulesFrom({ length: "6" }));
  type(pad, "123");
  expect(pad.done()).toBe("more");
  expect(pad.digits).toBe("123");
});

it("shows a secret as dots and a number as digits", () => {
  const secret = new Pad(rulesFrom({ length: "4", secret: "yes" }));
  type(secret, "12");
  expect(secret.places()).toEqual(["●", "●", "", ""]);
  const open = new Pad(rulesFrom({ length: "3", secret: "no" }));
  type(open, "9");
  expect(open.places()).toEqual(["9", "", ""]);
});

it("wants a new password twice, and starts over when they differ", () => {
  const pad = new Pad(rulesFrom({ purpose: "new_password", length: "6", secret: "yes" }));
  type(pad, "123456");
  expect(pad.done()).toBe("again");
  expect(pad.confirming).toBe(true);
  type(pad, "123457");
  expect(pad.done()).toBe("differ");
  expect(pad.digits).toBe("");
  type(pad, "204060");
  pad.done();
  type(pad, "204060");
  expect(pad.done()).toBe("full");
});

it("deletes, clears and forgets", () => {
  const pad = new Pad(rulesFrom({ length: "6" }));
  type(pad, "123");
  pad.remove();
  expect(pad.digits).toBe("12");
  pad.fill("code: 98-76");
  expect(pad.digits).toBe("9876");
  pad.wipe();
  expect(pad.digits).toBe("");
});

it("an odd length means any number of digits", () => {
  for (const length of ["", "x", "-1"]) expect(rulesFrom({ length }).length).toBe(0);
});
