"""Why a picture, a face or a challenge was not accepted: stable codes, used as i18n suffixes."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """`problem.image_unusable.<code>` or the outcome's `reason`; values never change."""

    OK = ""
    # what was uploaded
    EMPTY = "empty"
    NOT_A_PICTURE = "not_a_picture"
    TOO_LARGE = "too_large"
    # a card
    NO_CARD = "no_card"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    GLARE = "glare"
    NO_PORTRAIT = "no_portrait"
    WRONG_SIDE = "wrong_side"
    STREAM_DIFFERS = "stream_differs"
    # a face
    NO_FACE = "no_face"
    TWO_FACES = "two_faces"
    FACE_TOO_SMALL = "face_too_small"
    LOOK_STRAIGHT = "look_straight"
    NO_REFERENCE_FACE = "no_reference_face"
    FEW_FRAMES = "few_frames"
    SECOND_OPINION_MISSING = "second_opinion_missing"
    SCORE_UNSURE = "score_unsure"
    SCORE_LOW = "score_low"
