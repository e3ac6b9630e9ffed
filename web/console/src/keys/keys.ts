/** One keyboard map for the whole desk: main operations have a key, and every button shows it. */
import { onBeforeUnmount, onMounted } from "vue";

/**
 * The keys. F1, F5, F6, F11 and F12 belong to the browser and Alt+D/E/F to its menus: not used.
 * `code` names are physical keys, so they hold on every keyboard layout.
 */
export const KEYS = {
  ready: "F9",
  camera: "F2",
  face: "F3",
  card_front: "F4",
  card_back: "F7",
  sms_code: "F8",
  verify: "F10",
  primary: "Ctrl+Enter",
  search: "Alt+K",
  identity: "Alt+I",
  business: "Alt+B",
  history: "Alt+H",
  chat: "Alt+T",
  mute: "Alt+M",
  hangup: "Alt+Q",
  wrapup: "Alt+W",
  withdraw: "Alt+Z",
  decide: "Alt+P",
  questions: "Alt+G",
  compare: "Alt+C",
  accept: "Enter",
  decline: "Escape",
} as const;
export type KeyName = keyof typeof KEYS;

/** The name of a key press in the form of `KEYS`: modifiers in the order Ctrl, Alt, Shift. */
export function comboOf(event: KeyboardEvent): string {
  const key = /^Key[A-Z]$/.test(event.code) ? event.code.slice(3) : event.key;
  const held = [
    event.ctrlKey || event.metaKey ? "Ctrl" : "",
    event.altKey ? "Alt" : "",
    event.shiftKey && key.length > 1 ? "Shift" : "",
  ].filter(Boolean);
  return [...held, key].join("+");
}

/** How a key is written on a button. */
export function keyLabel(name: KeyName): string {
  return KEYS[name].replace("Escape", "Esc").replace("Enter", "↵");
}

type Handler = () => void;
const handlers = new Map<string, Handler[]>();
let listening = false;

function onKeydown(event: KeyboardEvent): void {
  if (event.isComposing) return;
  const stack = handlers.get(comboOf(event));
  const top = stack?.[stack.length - 1];
  if (!top) return;
  event.preventDefault();
  if (!event.repeat) top();
}

/** Take a key until the returned function is called; the last taker of a key wins. */
export function takeKey(name: KeyName, handler: Handler): () => void {
  if (!listening) {
    listening = true;
    window.addEventListener("keydown", onKeydown);
  }
  const combo = KEYS[name];
  const stack = handlers.get(combo) ?? [];
  stack.push(handler);
  handlers.set(combo, stack);
  return () => {
    const at = stack.lastIndexOf(handler);
    if (at >= 0) stack.splice(at, 1);
  };
}

/** Take a key while the component is mounted. */
export function useKey(name: KeyName, handler: Handler): void {
  let release: (() => void) | null = null;
  onMounted(() => {
    release = takeKey(name, handler);
  });
  onBeforeUnmount(() => release?.());
}
