/** Drawing a name with a finger: strokes on a canvas, and the picture they leave. */

/** Shorter than this all together is a dot or a slip, not a name. CSS pixels. */
const LEAST_LENGTH = 120;
/** Sharp on a phone's screen, small as a file. */
const SCALE = 2;

type Point = { x: number; y: number };

export class Signature {
  private readonly pen: CanvasRenderingContext2D;
  private last: Point | null = null;
  private length = 0;

  /** `changed` is called after each stroke's part: whether there is enough to be a name. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly changed: (enough: boolean) => void,
  ) {
    const pen = canvas.getContext("2d");
    if (!pen) throw new Error("no canvas");
    this.pen = pen;
    this.clear();
    // Touch and mouse apart: phones of the age we serve have no pointer events.
    canvas.addEventListener("touchstart", this.touch);
    canvas.addEventListener("touchmove", this.touch);
    canvas.addEventListener("touchend", this.lift);
    canvas.addEventListener("mousedown", this.press);
    canvas.addEventListener("mousemove", this.drag);
    window.addEventListener("mouseup", this.lift);
  }

  stop(): void {
    window.removeEventListener("mouseup", this.lift);
  }

  clear(): void {
    const { canvas, pen } = this;
    canvas.width = canvas.clientWidth * SCALE;
    canvas.height = canvas.clientHeight * SCALE;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = pen.fillStyle = "#111";
    pen.lineWidth = 4 * SCALE;
    pen.lineCap = pen.lineJoin = "round";
    this.last = null;
    this.length = 0;
    this.changed(false);
  }

  png(): Promise<Blob> {
    return new Promise((resolve, reject) => {
      this.canvas.toBlob((made) => (made ? resolve(made) : reject(new Error("no picture"))), "image/png");
    });
  }

  private readonly touch = (event: TouchEvent): void => {
    const finger = event.touches[0];
    if (!finger) return;
    event.preventDefault();
    if (event.type === "touchstart") this.last = null;
    this.to(finger.clientX, finger.clientY);
  };

  private readonly press = (event: MouseEvent): void => {
    this.last = null;
    this.to(event.clientX, event.clientY);
  };

  private readonly drag = (event: MouseEvent): void => {
    if (this.last && event.buttons === 1) this.to(event.clientX, event.clientY);
  };

  private readonly lift = (): void => {
    this.last = null;
  };

  private to(clientX: number, clientY: number): void {
    const box = this.canvas.getBoundingClientRect();
    const point = { x: clientX - box.left, y: clientY - box.top };
    const from = this.last ?? point;
    this.pen.beginPath();
    this.pen.moveTo(from.x * SCALE, from.y * SCALE);
    this.pen.lineTo(point.x * SCALE + 0.1, point.y * SCALE);
    this.pen.stroke();
    this.length += Math.abs(point.x - from.x) + Math.abs(point.y - from.y);
    this.last = point;
    this.changed(this.length >= LEAST_LENGTH);
  }
}
