import { createApp, h, nextTick, type App } from "vue";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { Schema } from "../src/api/views";
import SchemaForm from "../src/features/actions/SchemaForm.vue";
import { faultOf, fieldsOf, inputsOf } from "../src/features/actions/schema";
import { setLang } from "../src/locales";

const SCHEMA: Schema = {
  type: "object",
  required: ["call_back"],
  properties: {
    call_back: { type: "string", maxLength: 24, "x-zh": "回拨电话", "x-en": "Call-back number", "x-widget": "phone" },
    lost_at: { type: "string", format: "date-time", "x-zh": "什么时候", "x-en": "When" },
    start_date: { anyOf: [{ type: "string", format: "date" }, { type: "null" }], "x-zh": "哪天", "x-en": "Day" },
    scope: { $ref: "#/$defs/Scope", default: "both", "x-options": { both: { zh: "都停", en: "Both" } } },
    tries_left: { type: "integer", minimum: 0, maximum: 10 },
    note: { type: "string", maxLength: 400 },
    sure: { type: "boolean", "x-zh": "确定" },
  },
  $defs: { Scope: { type: "string", enum: ["both", "out"] } },
};

// The kit is not what is tested here, and its styles are no modules for the test runner.
vi.mock("../src/adapter", () => ({ ElCheckbox: "label", ElOption: "option", ElSelect: "select" }));

let app: App | null = null;
afterEach(() => {
  app?.unmount();
  app = null;
});

function mount(submit: (inputs: unknown) => void) {
  const host = document.createElement("div");
  document.body.append(host);
  app = createApp({ render: () => h(SchemaForm, { schema: SCHEMA, onSubmit: submit }) });
  app.mount(host);
  return host;
}
async function type(host: HTMLElement, field: string, text: string) {
  const input = host.querySelector<HTMLInputElement>(`[data-testid='field-${field}']`);
  if (!input) throw new Error(field);
  input.value = text;
  input.dispatchEvent(new Event("input"));
  await nextTick();
}

describe("the schema's fields", () => {
  const fields = fieldsOf(SCHEMA);

  it("each become the field that fits", () => {
    expect(fields.map((field) => field.kind)).toEqual(["phone", "datetime", "date", "enum", "number", "textarea", "boolean"]);
    expect(fields[3]?.options[0]).toEqual({ value: "both", "zh-CN": "都停", en: "Both" });
  });

  it("refuse what the server would refuse", () => {
    const [phone, , , , number] = fields;
    expect(phone && faultOf(phone, "")).toBe("missing");
    expect(phone && faultOf(phone, "123")).toBe("msisdn");
    expect(phone && faultOf(phone, "139 0000 6121")).toBeNull();
    expect(phone && faultOf(phone, "0731-8888888")).toBeNull();
    expect(number && faultOf(number, "11")).toBe("range");
    expect(number && faultOf(number, "many")).toBe("number");
  });

  it("take a day and a moment as they are typed, and refuse what is none", () => {
    const [, moment, day] = fields;
    expect(day && faultOf(day, "20261121")).toBeNull();
    expect(day && faultOf(day, "2026-02-30")).toBe("date");
    expect(moment && faultOf(moment, "2026-11-21 9:30")).toBeNull();
    expect(moment && faultOf(moment, "2026-11-21")).toBe("moment");
    expect(inputsOf(fields, { start_date: "2026.11.21" })["start_date"]).toBe("2026-11-21");
  });

  it("hand over numbers as numbers, instants in UTC, and nothing for what is empty", () => {
    const inputs = inputsOf(fields, { call_back: " 13900006121 ", tries_left: "3", lost_at: "2026-11-21T15:00", note: "" });
    expect(inputs["call_back"]).toBe("13900006121");
    expect(inputs["tries_left"]).toBe(3);
    expect(inputs["lost_at"]).toBe(new Date("2026-11-21T15:00").toISOString());
    expect("note" in inputs).toBe(false);
  });
});

describe("SchemaForm", () => {
  it("does not submit until what is required is there", async () => {
    setLang("zh-CN");
    const submit = vi.fn();
    const host = mount(submit);

    host.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await nextTick();
    expect(submit).not.toHaveBeenCalled();
    expect(host.textContent).toContain("这一项要填");

    await type(host, "call_back", "13900006121");
    host.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    expect(submit).toHaveBeenCalledWith({ call_back: "13900006121", scope: "both", sure: false });
  });

  it("changes its words with the language and keeps what was typed", async () => {
    setLang("zh-CN");
    const host = mount(vi.fn());
    await type(host, "call_back", "139");

    setLang("en");
    await nextTick();

    expect(host.textContent).toContain("Call-back number");
    expect(host.querySelector<HTMLInputElement>("[data-testid='field-call_back']")?.value).toBe("139");
    setLang("zh-CN");
  });
});
