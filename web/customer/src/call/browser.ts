/** What this browser is and can do, judged from facts where possible and from its name where not. */

export interface BrowserFacts {
  readonly userAgent: string;
  readonly canCall: boolean;
  readonly canUseDevices: boolean;
}

export function facts(scope: Window & typeof globalThis = window): BrowserFacts {
  const devices = scope.navigator.mediaDevices as MediaDevices | undefined;
  return {
    userAgent: scope.navigator.userAgent,
    canCall: typeof scope.RTCPeerConnection === "function" && typeof scope.WebSocket === "function",
    canUseDevices: typeof devices?.getUserMedia === "function",
  };
}

/** WeChat, QQ, Alipay, Weibo, DingTalk, TikTok and Android WebViews: pages inside another app. */
export function inApp(userAgent: string): boolean {
  return /MicroMessenger|\bQQ\/|AlipayClient|Weibo|DingTalk|aweme|; wv\)|FBAN|FBAV/i.test(userAgent);
}

/** `guide`: show how to open a browser; `old`: no call is possible here; `call`: go on. */
export function verdict(browser: BrowserFacts): "call" | "guide" | "old" {
  if (browser.canCall && browser.canUseDevices) return "call";
  if (inApp(browser.userAgent)) return "guide";
  return browser.canCall ? "call" : "old";
}
