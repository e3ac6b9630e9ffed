"""The laboratory as the settings want it."""

from __future__ import annotations

from vcounter.adapters.identity.lab import ModelLab
from vcounter.adapters.identity.passive import PassiveModel
from vcounter.adapters.identity.zones import Thresholds
from vcounter.settings import Settings


def thresholds(settings: Settings) -> Thresholds:
    """The zones of face comparison in force."""
    return Thresholds(
        fused_match=settings.face_fused_match,
        fused_review=settings.face_fused_review,
        sface_review=settings.face_sface_review,
    )


def passive_model(settings: Settings) -> PassiveModel | None:
    """The operator's passive detector; None where no file is set."""
    if settings.passive_liveness_model is None:
        return None
    return PassiveModel(
        path=str(settings.passive_liveness_model),
        threshold=settings.passive_liveness_threshold,
        scale=settings.passive_liveness_scale,
        side_px=settings.passive_liveness_side_px,
        live_index=settings.passive_liveness_live_index,
    )


def laboratory(settings: Settings) -> ModelLab:
    """A laboratory that is not started yet."""
    return ModelLab(
        workers=settings.identity_workers,
        limits=thresholds(settings),
        passive_model=passive_model(settings),
    )
