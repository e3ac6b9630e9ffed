/** Passing messages; spoken to screen readers by the kit's own live region. */
import { ElMessage } from "element-plus/es/components/message/index.mjs";
import "element-plus/es/components/message/style/css.mjs";

export type Tone = "go" | "wait" | "stop" | "plain";
const TYPES = { go: "success", wait: "warning", stop: "error", plain: "info" } as const;

export function toast(tone: Tone, text: string): void {
  ElMessage({
    message: text,
    type: TYPES[tone],
    grouping: true,
    showClose: tone === "stop",
    duration: tone === "stop" ? 7000 : 3500,
    plain: true,
  });
}
