/** One view on two pictures: a factor and a shift, the same for both, so that they compare. */

export interface View {
  zoom: number;
  /** Shift of the picture's middle from the frame's, in shares of the frame. */
  x: number;
  y: number;
}

export const ZOOM_MOST = 8;
export const STEP = 1.25;
export const whole = (): View => ({ zoom: 1, x: 0, y: 0 });

/** Nothing may be dragged out of sight: the shift ends where the picture's edge meets the frame's. */
function held(view: View): View {
  const most = (view.zoom - 1) / 2;
  const keep = (value: number) => Math.min(most, Math.max(-most, value)) + 0;
  return { zoom: view.zoom, x: keep(view.x), y: keep(view.y) };
}

/** Zoom by `factor`; the point of the picture under (x, y), shares from the middle, stays where it is. */
export function zoomAt(view: View, factor: number, x = 0, y = 0): View {
  const zoom = Math.min(ZOOM_MOST, Math.max(1, view.zoom * factor));
  const grown = zoom / view.zoom;
  return held({ zoom, x: x - (x - view.x) * grown, y: y - (y - view.y) * grown });
}

export function shift(view: View, x: number, y: number): View {
  return held({ zoom: view.zoom, x: view.x + x, y: view.y + y });
}

const STEPS: Record<string, [number, number]> = {
  ArrowLeft: [0.1, 0],
  ArrowRight: [-0.1, 0],
  ArrowUp: [0, 0.1],
  ArrowDown: [0, -0.1],
};

/** What a key does to the view; null for a key that means nothing here. */
export function byKey(view: View, key: string): View | null {
  if (key === "+" || key === "=") return zoomAt(view, STEP);
  if (key === "-" || key === "_") return zoomAt(view, 1 / STEP);
  if (key === "0") return whole();
  const step = STEPS[key];
  return step ? shift(view, step[0], step[1]) : null;
}
