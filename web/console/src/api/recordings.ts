import { get } from "./http";
import type { RecordingView } from "./views";

export const recording = (visit: string) => get<RecordingView>(`/recordings/${visit}`);
export const recordingUrl = (visit: string, party: string) => `/api/v1/recordings/${visit}/${party}`;
