"""Every setting of the counter: one place, one prefix, each with its unit and its default.

Read from the environment as `VCOUNTER_<NAME>`; lists are comma-separated. `docs/settings.md` is the
same list for operators, and a test keeps the two together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "VCOUNTER_"


def _split(value: object) -> object:
    """Accept "a, b" from the environment and any sequence from code."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """Frozen after start. Building it touches neither disk nor network.

    Raises pydantic.ValidationError that names the setting and what is wrong with it.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    # --- where things are
    data_dir: Path = Field(
        default=Path("var"),
        description="Directory of all the counter keeps: databases, keys, images, recordings.",
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL (sqlite+aiosqlite:// or postgresql+asyncpg://). "
        "Empty: vcounter.db in the data directory.",
    )
    bss_database: str = Field(
        default="",
        description="SQLite file of the embedded operator's system. "
        "Empty: bss.db in the data directory.",
    )
    web_dist: Path = Field(
        default=Path("web/dist"),
        description="Directory of the built customer page and agent console.",
    )
    voice_dir: str = Field(
        default="",
        description="Directory of the operator's own recordings (zh-CN/call.connected.mp3), played "
        "instead of the spoken prompts that ship. Empty: voice in the data directory.",
    )

    # --- how it listens
    host: str = Field(default="127.0.0.1", description="Address to listen on; loopback by default.")
    port: int = Field(
        default=8080, ge=0, le=65535, description="TCP port to listen on; 0 takes a free one."
    )
    public_url: str = Field(
        default="",
        description="Address that links in messages begin with: https://counter.example.cn. "
        "Empty: taken from host and port.",
    )
    allowed_origins: Texts = Field(
        default=(),
        description="Origins besides its own that browsers may call from, comma-separated.",
    )
    trusted_proxies: Texts = Field(
        default=(),
        description="Addresses of reverse proxies whose X-Forwarded-* headers are believed.",
    )
    tls_cert: Path | None = Field(
        default=None, description="PEM certificate chain for HTTPS without a proxy."
    )
    tls_key: Path | None = Field(
        default=None, description="PEM private key that belongs to tls_cert."
    )
    demo: bool = Field(
        default=False,
        description="Demo mode: fictitious subscribers, inbox page, simulated customers. "
        "Never together with a real operator's system.",
    )

    # --- what it says
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log line that is written."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="json for machines, console for people."
    )
    log_personal_data: bool = Field(
        default=False,
        description="Keep fields named pii.* in the logs. Off: their values are replaced.",
    )

    # --- a visit
    ring_time_s: float = Field(
        default=20.0, gt=0, le=120, description="Seconds an offer rings at one agent."
    )
    grace_s: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Seconds an agent may be gone before the visit goes back to the queue's head.",
    )
    customer_grace_s: float = Field(
        default=60.0,
        gt=0,
        le=600,
        description="Seconds a customer may be gone before the visit ends.",
    )
    mean_handle_s: float = Field(
        default=180.0,
        gt=0,
        description="Seconds a visit is taken to last until fifty have been measured.",
    )
    link_ttl_h: float = Field(
        default=24.0, gt=0, description="Hours that a link in a message stays valid."
    )
    ticket_ttl_s: float = Field(
        default=60.0,
        gt=0,
        le=300,
        description="Seconds that a single-use ticket for /ws stays valid.",
    )
    sms_code_ttl_s: float = Field(
        default=600.0, gt=0, le=3600, description="Seconds that an SMS code stays valid."
    )
    sms_code_tries: int = Field(
        default=3, ge=1, le=10, description="Wrong SMS codes before it is void."
    )
    session_hours: float = Field(
        default=12.0, gt=0, le=24, description="Hours that a staff login lasts at most."
    )

    # --- media
    media_bind: Texts = Field(
        default=(),
        description="Local addresses the media bridge offers, comma-separated. "
        "Empty: all of the machine's; loopback only when host is loopback.",
    )
    turn_urls: Texts = Field(
        default=(),
        description="TURN servers given to browsers: turn:turn.example.cn:3478?transport=udp.",
    )
    turn_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Shared secret of coturn's use-auth-secret; needed with turn_urls.",
    )
    turn_ttl_s: int = Field(
        default=3600, ge=60, le=86400, description="Seconds that a TURN credential stays valid."
    )

    # --- identity
    identity_workers: int = Field(
        default=1,
        ge=1,
        le=32,
        description="Processes that measure live frames, and as many that compare faces and "
        "inspect cards (about 350 MB each).",
    )

    # --- how long things are kept
    retention_recording_days: int = Field(
        default=1095, ge=1, description="Days that recordings are kept."
    )
    retention_image_days: int = Field(
        default=180, ge=1, description="Days that pictures of faces and cards are kept."
    )

    # --- limits
    max_body_bytes: int = Field(
        default=13 * 1024 * 1024,
        ge=65536,
        description="Largest request body in bytes, pictures included.",
    )
    header_timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=60,
        description="Seconds a connection may take to send a request's headers.",
    )
    body_timeout_s: float = Field(
        default=30.0,
        gt=0,
        le=300,
        description="Seconds a request's body may pause before it is cut off.",
    )
    rate_login_per_min: int = Field(
        default=10,
        ge=1,
        description="Login attempts a minute for one name, and five times that for one address.",
    )
    rate_visits_per_min: int = Field(
        default=30, ge=1, description="Visits a minute that may be opened from one address."
    )
    rate_uploads_per_min: int = Field(
        default=30, ge=1, description="Pictures a minute that one visit may upload."
    )
    rate_sms_per_hour: int = Field(
        default=6, ge=1, description="SMS codes an hour that may be sent to one number."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.turn_urls and not self.turn_secret.get_secret_value():
            raise ValueError("turn_urls is set but turn_secret is not")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together")
        return self

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'vcounter.db'}"

    @property
    def bss_path(self) -> Path:
        """The embedded operator's system's file in force."""
        return Path(self.bss_database) if self.bss_database else self.data_dir / "bss.db"

    @property
    def voice_path(self) -> Path:
        """The directory of the operator's own recordings in force; it need not exist."""
        return Path(self.voice_dir) if self.voice_dir else self.data_dir / "voice"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the counter."""
        return self.host in ("127.0.0.1", "::1", "localhost")

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the counter by HTTPS (cookies are then Secure)."""
        return self.tls_cert is not None or self.public_url.startswith("https://")

    @property
    def base_url(self) -> str:
        """What links begin with, without a slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        scheme = "https" if self.tls_cert else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"

    @property
    def media_addresses(self) -> tuple[str, ...] | None:
        """Addresses the bridge may offer; None means all of the machine's."""
        if self.media_bind:
            return self.media_bind
        return ("127.0.0.1",) if self.is_loopback else None
