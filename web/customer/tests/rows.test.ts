import { expect, it } from "vitest";
import { createI18n } from "../../shared/i18n";
import { zhCN } from "../src/locales/zh-CN";
import { cardsOf, type WordsOf } from "../src/steps/rows";

const texts: Record<string, string> = zhCN;
const i18n = createI18n({ "zh-CN": texts });
const words: WordsOf = (key, vars) => (i18n.has(key) ? i18n.t(key, vars) : undefined);
const HEADINGS = ["time", "kind", "other", "amount", "fee"];

function cards(...rows: string[][]) {
  return cardsOf({ value: "", headings: HEADINGS, rows, left_out: 0 }, words);
}

it("puts a call into words, with the whole number and how long it was", () => {
  expect(cards(["2026-11-21 09:30", "call_out", "13900004477", "200", "0.60"])).toEqual([
    {
      title: "2026-11-21 09:30",
      facts: [
        { label: "什么", value: "打出去" },
        { label: "对方", value: "139 0000 4477" },
        { label: "用了", value: "3 分 20 秒" },
        { label: "费用", value: "0.60 元" },
      ],
    },
  ]);
});

it("counts data in megabytes, texts by number, short calls in seconds, and leaves out what is empty", () => {
  const [data, text, call] = cards(["t", "data", "", "120", "0.00"], ["t", "text", "10086", "1", "0.10"], ["t", "call_in", "10086", "59", "0.00"]);
  expect(data?.facts.map((fact) => fact.value)).toEqual(["上网", "120 兆", "0.00 元"]);
  expect(text?.facts[2]?.value).toBe("1 条");
  expect(call?.facts[2]?.value).toBe("59 秒");
});

it("shows the server's own text where the page has no words for it", () => {
  const revealed = { value: "", headings: ["number", "colour", "state"], rows: [["138", "blue_ish", "LOST_HOLD"]], left_out: 0 };
  expect(cardsOf(revealed, words)[0]?.facts).toEqual([
    { label: "colour", value: "blue_ish" },
    { label: "现在", value: "已挂失" },
  ]);
});
