"""Every setting of the counter: one place, one prefix, each with its unit and its default.

Read from the environment as `VCOUNTER_<NAME>`; lists are comma-separated. `docs/settings.md` is the
same list for operators, and a test keeps the two together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

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
    demo_people: int = Field(
        default=200,
        ge=15,
        le=1000,
        description="How many fictitious subscribers the demo has: 15 with a situation each, the "
        "others a town around them.",
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
        "inspect cards (about 350 MB; 530 MB for those that read cards).",
    )

    authority_url: str = Field(
        default="",
        description="HTTPS address of a portrait service that live faces are compared by "
        "(docs/authority.md). Empty: the operator's enrolment photographs alone.",
    )
    authority_key_id: str = Field(
        default="", max_length=64, description="Name of the key that requests to it are signed by."
    )
    authority_secret_file: Path | None = Field(
        default=None,
        description="File with the secret shared with the portrait service, 32 bytes or more.",
    )
    authority_ca_file: Path | None = Field(
        default=None,
        description="PEM certificate authorities to trust for it. Empty: those of the system.",
    )
    authority_match: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Score of the portrait service from which on a face is a match; its own "
        "figure, so there is no default.",
    )
    authority_review: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Score of the portrait service from which on the agent decides with a reason.",
    )
    authority_timeout_s: float = Field(
        default=5.0, gt=0, le=8, description="Seconds that the portrait service may take to answer."
    )

    face_fused_match: float = Field(
        default=0.24,
        ge=0.15,
        le=0.9,
        description="Fused face score (SFace cosine - 0.5 x dlib distance) from which faces match.",
    )
    face_fused_review: float = Field(
        default=0.12,
        ge=0.0,
        le=0.8,
        description="Fused face score from which the agent decides; below it is a mismatch. "
        "Lower than face_fused_match.",
    )
    face_sface_review: float = Field(
        default=0.36,
        ge=0.2,
        le=0.9,
        description="SFace cosine from which the agent decides when the second engine is silent.",
    )
    passive_liveness_model: Path | None = Field(
        default=None,
        description="ONNX file of a passive presentation-attack detector (one NCHW face crop, BGR "
        "0-255, as MiniFASNet). Its doubt means review; it passes nothing. None ships.",
    )
    passive_liveness_threshold: float = Field(
        default=0.5, gt=0, lt=1, description="Live score below which the passive detector doubts."
    )
    passive_liveness_side_px: int = Field(
        default=80, ge=32, le=640, description="Side of the passive detector's input in pixels."
    )
    passive_liveness_scale: float = Field(
        default=2.7,
        ge=1.0,
        le=6.0,
        description="How many times the face's box the passive detector's crop is.",
    )
    passive_liveness_live_index: int = Field(
        default=1, ge=0, le=15, description="Which output of the passive detector means live."
    )

    # --- SMS
    sms_gateway: Literal["", "demo", "http", "smpp"] = Field(
        default="",
        description="How SMS leave (docs/sms.md): http or smpp. Empty: the inbox page in the demo; "
        "outside it the server does not start.",
    )
    sms_timeout_s: float = Field(
        default=4.0,
        gt=0,
        le=4.5,
        description="Seconds that handing one SMS over may take, all tries and parts included.",
    )
    sms_http_url: str = Field(
        default="", description="HTTPS address that SMS are posted to, with sms_gateway=http."
    )
    sms_http_key_id: str = Field(
        default="", max_length=64, description="Name of the key that requests to it are signed by."
    )
    sms_http_secret_file: Path | None = Field(
        default=None,
        description="File with the secret shared with the SMS gateway, 32 bytes or more; it signs "
        "the delivery receipts as well.",
    )
    sms_http_ca_file: Path | None = Field(
        default=None,
        description="PEM certificate authorities to trust for it. Empty: those of the system.",
    )
    sms_smpp_host: str = Field(
        default="", description="Host of the SMS centre, with sms_gateway=smpp."
    )
    sms_smpp_port: int = Field(
        default=2775, ge=1, le=65535, description="TCP port of the SMS centre."
    )
    sms_smpp_tls: bool = Field(
        default=False,
        description="SMPP over TLS; the centre's certificate is checked by the system's "
        "authorities.",
    )
    sms_smpp_system_id: str = Field(
        default="", max_length=15, description="Account at the SMS centre (system_id)."
    )
    sms_smpp_password_file: Path | None = Field(
        default=None, description="File with the account's password, 8 characters at most."
    )
    sms_smpp_system_type: str = Field(
        default="", max_length=12, description="system_type of the account, if the centre wants it."
    )
    sms_smpp_source: str = Field(
        default="", max_length=20, description="Number or name that SMS come from (source_addr)."
    )
    sms_smpp_source_ton: int = Field(
        default=0,
        ge=0,
        le=6,
        description="Type of that number: 0 unknown, 1 international, 5 name.",
    )
    sms_smpp_source_npi: int = Field(
        default=0, ge=0, le=18, description="Numbering plan of that number: 0 unknown, 1 E.164."
    )
    sms_smpp_dest_ton: int = Field(
        default=1, ge=0, le=6, description="Type of customers' numbers as sent to the centre."
    )
    sms_smpp_dest_npi: int = Field(
        default=1, ge=0, le=18, description="Numbering plan of customers' numbers."
    )
    sms_smpp_prefix: str = Field(
        default="86",
        max_length=4,
        pattern=r"^\d*$",
        description="Digits put before customers' 11-digit numbers; empty for none.",
    )
    sms_smpp_long: Literal["udh", "sar"] = Field(
        default="udh",
        description="How parts of a long SMS belong together: udh (header) or sar (parameters).",
    )

    # --- how long things are kept
    retention_sms_days: int = Field(
        default=180, ge=1, le=1095, description="Days that the record of an SMS is kept."
    )
    retention_recording_days: int = Field(
        default=1095, ge=1, description="Days that recordings are kept."
    )
    retention_image_days: int = Field(
        default=180, ge=1, description="Days that pictures of faces and cards are kept."
    )

    retention_unproven_face_days: int = Field(
        default=7,
        ge=1,
        le=180,
        description="Days that face pictures are kept of a visit that ended below level L2.",
    )
    retention_attempts_days: int = Field(
        default=30, ge=2, le=180, description="Days that counted guesses are kept."
    )
    fraud_mark_days: int = Field(
        default=180,
        ge=1,
        le=180,
        description="Days that a number stays marked after fraud was suspected.",
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
    limit_codes_per_hour: int = Field(
        default=5, ge=1, le=1000, description="SMS codes an hour for one number, over all visits."
    )
    limit_codes_per_day: int = Field(
        default=10,
        ge=1,
        le=10_000,
        description="SMS codes a day (of the tenant) for one number, over all visits.",
    )
    limit_wrong_codes_per_day: int = Field(
        default=10,
        ge=1,
        le=100,
        description="Wrong codes a day for one number; then its codes are shut until midnight.",
    )
    limit_wrong_passwords_per_day: int = Field(
        default=5, ge=1, le=20, description="Wrong service passwords a day for one number."
    )
    limit_wrong_facts_per_day: int = Field(
        default=5, ge=1, le=20, description="Wrong tellings of protective facts a day, one number."
    )
    limit_failed_draws_per_day: int = Field(
        default=3,
        ge=1,
        le=10,
        description="Draws of control questions a day for one number that were not all answered "
        "rightly.",
    )
    limit_uploads_per_step: int = Field(
        default=25, ge=1, le=200, description="Pictures that may be sent for one step."
    )
    limit_challenges_per_visit: int = Field(
        default=3,
        ge=1,
        le=5,
        description="Judged head turns a visit; each is one more chance for a recording to fit.",
    )
    portrait_old_years: int = Field(
        default=10,
        ge=1,
        le=20,
        description="Age from which a card's portrait is called old and looked at twice.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.turn_urls and not self.turn_secret.get_secret_value():
            raise ValueError("turn_urls is set but turn_secret is not")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together")
        if self.face_fused_review >= self.face_fused_match:
            raise ValueError("face_fused_review must be below face_fused_match")
        if self.authority_url:
            self._check_authority()
        self._check_sms()
        return self

    def _check_sms(self) -> None:
        """A gateway is said in full, and the demo's fictitious numbers never reach a real one."""
        if self.demo and self.sms_gateway in ("http", "smpp"):
            raise ValueError("sms_gateway is never set together with demo")
        if self.sms_gateway == "http":
            parts = urlsplit(self.sms_http_url)
            local = parts.hostname in ("127.0.0.1", "::1", "localhost")
            if parts.scheme != "https" and not (parts.scheme == "http" and local):
                raise ValueError("sms_http_url must be https")
            if not self.sms_http_key_id or self.sms_http_secret_file is None:
                raise ValueError("sms_http_url needs sms_http_key_id and sms_http_secret_file")
        if self.sms_gateway == "smpp":
            if not self.sms_smpp_host or not self.sms_smpp_system_id or not self.sms_smpp_source:
                raise ValueError(
                    "sms_gateway=smpp needs sms_smpp_host, sms_smpp_system_id and sms_smpp_source"
                )
            if self.sms_smpp_password_file is None:
                raise ValueError("sms_gateway=smpp needs sms_smpp_password_file")

    def _check_authority(self) -> None:
        """Faces and document numbers leave the house: everything about it is said, or nothing."""
        parts = urlsplit(self.authority_url)
        local = parts.hostname in ("127.0.0.1", "::1", "localhost")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise ValueError("authority_url must be https")
        if self.demo:
            raise ValueError("authority_url is never set together with demo")
        if not self.authority_key_id or self.authority_secret_file is None:
            raise ValueError("authority_url needs authority_key_id and authority_secret_file")
        if self.authority_match is None or self.authority_review is None:
            raise ValueError("authority_url needs authority_match and authority_review")
        if self.authority_review > self.authority_match:
            raise ValueError("authority_review is above authority_match")

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
