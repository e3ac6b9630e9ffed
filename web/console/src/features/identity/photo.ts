/** What a photo shows, in words. */
import type { PhotoView } from "../../api/identity";
import { t } from "../../locales";

export const photoWord = (photo: Pick<PhotoView, "what">): string => t(`photo.${photo.what}`);
