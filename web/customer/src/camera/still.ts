/** One photograph at the camera's full size, as JPEG; and the grey frames that the capture gate looks at. */
import { MARGIN, type GreyFrame } from "./capture-gate";

const QUALITY = 0.92;
const PHOTO_MS = 4000;
/** The gate looks at the guide region at this width: enough to tell sharp from blurred, cheap enough for 8 Hz. */
const GATE_WIDTH = 320;

interface PhotoTaker {
  takePhoto(): Promise<Blob>;
}

function toJpeg(source: CanvasImageSource, width: number, height: number): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return Promise.reject(new Error("no canvas"));
  context.drawImage(source, 0, 0, width, height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", QUALITY);
  });
}

export async function blobToJpeg(blob: Blob): Promise<Blob> {
  if (blob.type === "image/jpeg") return blob;
  const url = URL.createObjectURL(blob);
  try {
    const image = new Image();
    await new Promise<void>((resolve, reject) => {
      image.onload = () => resolve();
      image.onerror = () => reject(new Error("not a picture"));
      image.src = url;
    });
    return await toJpeg(image, image.naturalWidth, image.naturalHeight);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function photograph(track: MediaStreamTrack): Promise<Blob> {
  const Taker = (window as unknown as { ImageCapture?: new (track: MediaStreamTrack) => PhotoTaker }).ImageCapture;
  if (!Taker) return Promise.reject(new Error("no ImageCapture"));
  return new Promise((resolve, reject) => {
    const timer = window.setTimeout(() => reject(new Error("photo took too long")), PHOTO_MS);
    new Taker(track).takePhoto().then(resolve, reject).then(() => window.clearTimeout(timer));
  });
}

/** The camera's own still where the browser gives it, else the picture that is on the screen, full size. */
export async function takeStill(video: HTMLVideoElement, track: MediaStreamTrack): Promise<Blob> {
  const shown = (): Promise<Blob> => toJpeg(video, video.videoWidth, video.videoHeight);
  try {
    return await blobToJpeg(await photograph(track));
  } catch {
    return shown();
  }
}

/** Where the guide lies in the picture when the picture is drawn with object-fit: cover, plus the margin. */
export function guideRegion(
  picture: { width: number; height: number },
  view: { width: number; height: number },
  guide: { x: number; y: number; width: number; height: number },
): { x: number; y: number; width: number; height: number } {
  const scale = Math.max(view.width / picture.width, view.height / picture.height);
  const left = (picture.width * scale - view.width) / 2;
  const top = (picture.height * scale - view.height) / 2;
  const x = (guide.x + left - guide.width * MARGIN) / scale;
  const y = (guide.y + top - guide.height * MARGIN) / scale;
  return { x, y, width: (guide.width * (1 + 2 * MARGIN)) / scale, height: (guide.height * (1 + 2 * MARGIN)) / scale };
}

export class FrameReader {
  private readonly canvas = document.createElement("canvas");

  /** The guide region in grey, so many pixels wide, or null while the camera gives no picture. */
  read(video: HTMLVideoElement, guide: { x: number; y: number; width: number; height: number }, width = GATE_WIDTH): GreyFrame | null {
    const { videoWidth, videoHeight, clientWidth, clientHeight } = video;
    if (!videoWidth || !videoHeight || !clientWidth || !clientHeight) return null;
    const region = guideRegion(
      { width: videoWidth, height: videoHeight },
      { width: clientWidth, height: clientHeight },
      guide,
    );
    const height = Math.round((width * region.height) / region.width);
    this.canvas.width = width;
    this.canvas.height = height;
    const context = this.canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D | null;
    if (!context) return null;
    context.drawImage(video, region.x, region.y, region.width, region.height, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    const luma = new Uint8Array(width * height);
    for (let at = 0, from = 0; at < luma.length; at += 1, from += 4) {
      luma[at] = ((data[from] ?? 0) * 77 + (data[from + 1] ?? 0) * 150 + (data[from + 2] ?? 0) * 29) >> 8;
    }
    return { width, height, luma };
  }
}
