/** The page's own look at the face in the oval: instant hints, and one still for the comparison. */
import { onBeforeUnmount, onMounted, ref, type Ref } from "vue";
import { asApiError } from "../../../shared/errors";
import { HintHold, type GreyFrame } from "../camera/capture-gate";
import { faceHint, lookAtFace, type FaceHint, type FacePlace } from "../camera/face-gate";
import { FrameReader, takeStill } from "../camera/still";
import { useCounter } from "../call/counter";

const LOOK_MS = 250;
const WIDTH = 96;
const HINT_MS = 1200;
const SPEAK_MS = 4500;
/** Good looks in a row before the still is taken. */
const GOOD_LOOKS = 2;
const TRIES = 3;
/** The oval in shares of the mask's square, which lies whole within the picture (StepFace.vue). */
const OVAL = { width: 0.66, height: 0.84, top: 0.06 };

interface Detector {
  detect(video: HTMLVideoElement): Promise<{ boundingBox: DOMRectReadOnly }[]>;
}
type DetectorWindow = Window & { FaceDetector?: new (options: object) => Detector };

/**
 * `asked` is the server's present word: "" before it has one, `straight` while it only looks, anything else
 * (a turn, a hint of its own) silences the page's hints: two voices would contradict each other.
 */
export function useFace(stepId: string, video: Ref<HTMLVideoElement | null>, asked: () => string) {
  const counter = useCounter();
  const { devices, voice } = counter;
  const hint = ref<FaceHint | "">("");
  const hold = new HintHold<FaceHint>(HINT_MS);
  const reader = new FrameReader();
  const Detects = (window as DetectorWindow).FaceDetector;
  let detector = Detects ? new Detects({ fastMode: true, maxDetectedFaces: 1 }) : null;
  let place: FacePlace | null = null;
  let before: GreyFrame | null = null;
  let good = 0;
  let tries = 0;
  let sending = false;
  let spokenAt = Date.now();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function look(): void {
    timer = setTimeout(look, LOOK_MS);
    const element = video.value;
    if (!element || document.hidden) return;
    const mine = asked() === "" || asked() === "straight";
    if (!mine) {
      good = 0;
      show("good");
      return;
    }
    const { clientWidth: width, clientHeight: height } = element;
    const side = Math.min(width, height);
    const oval = { x: (width - side * OVAL.width) / 2, y: (height - side) / 2 + side * OVAL.top, width: side * OVAL.width, height: side * OVAL.height };
    const frame = reader.read(element, oval, WIDTH);
    if (!frame) return;
    find(element, oval, side);
    const verdict = faceHint(lookAtFace(frame, before), place);
    before = frame;
    good = verdict === "good" ? good + 1 : 0;
    show(hold.show(verdict, Date.now()));
    if (good >= GOOD_LOOKS && asked() === "straight") void still(element);
  }

  /** Where the browser can find faces; one failure ends it. */
  function find(element: HTMLVideoElement, oval: { width: number; height: number }, side: number): void {
    if (!detector) return;
    const scale = Math.max(element.clientWidth / element.videoWidth, element.clientHeight / element.videoHeight);
    detector.detect(element).then(
      (faces) => {
        const box = faces[0] && faces[0].boundingBox;
        place = box
          ? {
              height: (box.height * scale) / oval.height,
              off: Math.hypot(box.x + box.width / 2 - element.videoWidth / 2, box.y + box.height / 2 - element.videoHeight / 2 + (side * 0.02) / scale) * (scale / oval.width),
            }
          : null;
      },
      () => {
        detector = place = null;
      },
    );
  }

  function show(verdict: FaceHint): void {
    const next = verdict === "good" ? "" : verdict;
    if (next !== hint.value) {
      hint.value = next;
      counter.progress(stepId, "looking", next);
    }
    if (next && Date.now() - spokenAt >= SPEAK_MS && !voice.speaking) {
      spokenAt = Date.now();
      void voice.say([{ id: `step.face.${next}` }], "idle");
    }
  }

  /** Silent whatever comes of it: the challenge goes on by itself. */
  async function still(element: HTMLVideoElement): Promise<void> {
    const track = devices.videoTrack;
    if (sending || tries >= TRIES || !track || devices.facing !== "user") return;
    sending = true;
    tries += 1;
    good = 0;
    try {
      const picture = await takeStill(element, track);
      // The camera may take its time: a head that has been asked to turn is of no use.
      if (asked() === "straight" || asked() === "hold") {
        const { accepted } = (await counter.upload(stepId, picture)) as { accepted?: boolean };
        if (accepted !== false) tries = TRIES;
      }
    } catch (error) {
      if (asApiError(error).code === "step_gone") tries = TRIES;
    }
    sending = false;
  }

  onMounted(() => {
    timer = setTimeout(look, LOOK_MS);
  });
  onBeforeUnmount(() => clearTimeout(timer));

  return hint;
}
