"""Every metric of the counter, in one place, with its unit in its name (Prometheus conventions).

`docs/metrics.md` describes them for operators; a test keeps the two together. Labels are codes and
route templates, never numbers, names or ids.
"""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One set of instruments with a registry of its own, so that two counters in one process
    (tests, simulator) do not add up."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        ProcessCollector(registry=registry)

        self.http_requests = Counter(
            "vcounter_http_requests_total",
            "Requests answered, by method, route template and status.",
            ("method", "route", "status"),
            registry=registry,
        )
        self.http_seconds = Histogram(
            "vcounter_http_request_duration_seconds",
            "Time from a request's headers to the end of its answer, by route template.",
            ("route",),
            buckets=_FAST,
            registry=registry,
        )
        self.slow_connections_closed = Counter(
            "vcounter_slow_connections_closed_total",
            "Connections closed because headers or body came too slowly.",
            ("phase",),
            registry=registry,
        )
        self.waiting_visits = Gauge(
            "vcounter_waiting_visits",
            "Visits in the queue, by skill group.",
            ("skill_group",),
            registry=registry,
        )
        self.longest_wait_seconds = Gauge(
            "vcounter_longest_wait_seconds",
            "Wait of the visit at the head of the queue.",
            registry=registry,
        )
        self.agents = Gauge(
            "vcounter_agents", "Signed-in agents by state.", ("state",), registry=registry
        )
        self.orders = Counter(
            "vcounter_orders_total",
            "Orders sent to the operator's system, by action and outcome.",
            ("action", "outcome"),
            registry=registry,
        )
        self.operator_seconds = Histogram(
            "vcounter_operator_call_duration_seconds",
            "Time the operator's system took to answer, by call and outcome.",
            ("call", "outcome"),
            buckets=_FAST,
            registry=registry,
        )
        self.identity_seconds = Histogram(
            "vcounter_identity_duration_seconds",
            "Time one examination of a face or a card took, by kind.",
            ("kind",),
            buckets=_FAST,
            registry=registry,
        )
        self.identity_path = Counter(
            "vcounter_identity_path_total",
            "Decisions on who a customer is: agent, referee, no_face (a referee's) or refused.",
            ("path",),
            registry=registry,
        )
        self.referral = Counter(
            "vcounter_referral_total",
            "Referees' decisions by why it came to them and outcome; one may have several reasons.",
            ("reason", "outcome"),
            registry=registry,
        )
        self.sms = Counter(
            "vcounter_sms_total",
            "SMS by template and outcome: sent or failed at the gateway, later delivered or "
            "undelivered by its receipt.",
            ("template", "outcome"),
            registry=registry,
        )
        self.sms_gateway = Gauge(
            "vcounter_sms_gateway_up",
            "Whether the SMS centre's session is bound; 1 for a gateway without sessions.",
            registry=registry,
        )
        self.connections = Gauge(
            "vcounter_signaling_connections",
            "Open signaling connections.",
            registry=registry,
        )
        self.media_calls = Gauge(
            "vcounter_media_calls", "Calls on the media bridge.", registry=registry
        )
        self.media_packets = Gauge(
            "vcounter_media_packets",
            "Packets that reached the bridge in use.",
            registry=registry,
        )
        self.media_bytes = Gauge(
            "vcounter_media_bytes",
            "Bytes that reached the bridge in use.",
            registry=registry,
        )
        self.media_worker_losses = Counter(
            "vcounter_media_worker_losses_total",
            "Times the media worker died and was replaced.",
            registry=registry,
        )
        self.tasks = Gauge(
            "vcounter_tasks", "Tasks of the web process's event loop.", registry=registry
        )

    def render(self) -> bytes:
        """The text format that Prometheus scrapes."""
        return generate_latest(self.registry)
