"""The live plane: rooms, offers and answers, and the media bridge. It knows no business."""
