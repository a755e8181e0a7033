"""What is written down of the service's work: logs, numbers for Prometheus, and traces where a setting asks for them.

Knows requests by their route's template, method and status. Neither addresses of people, nor ids, queries, names of
files or keys are written down: the id of a check that was asked for without a key is all that it takes to see it.
"""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from ..jobs.telling import short
from ..settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from opentelemetry.sdk.trace import TracerProvider
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

    from .service import Service

UNKNOWN = "none"  # the route of what matched none
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})  # asked every few seconds: counted, and not logged
Done = Callable[[int, int, float], None]


class Telemetry:
    """Of one app: its own numbers, its own tracer."""

    def __init__(self, options: Settings) -> None:
        """Make the counters."""
        import structlog
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.registry: CollectorRegistry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("countermark_requests", "Requests answered", labels, registry=self.registry)
        self._seconds = Histogram(
            "countermark_request_seconds",
            "Until an answer was sent",
            labels[:2],
            registry=self.registry,
            buckets=SECONDS,
        )
        self._routes: dict[int, str] = {}
        self._log = structlog.get_logger("countermark.requests")
        self._provider = _tracing(options.service.traces) if options.service.traces else None
        self._tracer = self._provider.get_tracer("countermark") if self._provider else None

    def know(self, app: FastAPI) -> None:
        """Learn the routes of an app, once it has them all."""
        from fastapi.routing import iter_route_contexts

        for context in iter_route_contexts(app.routes):
            if context.endpoint is not None:
                self._routes[id(context.endpoint)] = str(context.path_format or context.path)

    def watch(self, service: Service) -> None:
        """Count what lies in the queue and in the docket whenever somebody asks."""
        self.registry.register(_Depths(service))

    @contextmanager
    def request(self, scope: MutableMapping[str, Any], request_id: str) -> Iterator[Done]:
        """Write one request down when it is done."""
        import structlog

        method = scope["method"] if scope["method"] in _METHODS else "other"
        with structlog.contextvars.bound_contextvars(request_id=request_id), self._span(scope, method) as span:

            def done(status: int, count: int, seconds: float) -> None:
                route = self._routes.get(id(scope.get("endpoint")), UNKNOWN)
                self._requests.labels(method, route, str(status)).inc()
                self._seconds.labels(method, route).observe(seconds)
                if span is not None:
                    span.update_name(f"{method} {route}")
                    span.set_attributes({"http.route": route, "http.response.status_code": status})
                if route not in _QUIET:
                    who = scope.get("state", {}).get("caller")
                    self._log.info(
                        "request", method=method, route=route, status=status, bytes=count, ms=round(1000 * seconds, 1),
                        **({"tenant": who.tenant_id, "by": who.made_by} if who is not None else {}),
                    )  # fmt: skip

            yield done

    @contextmanager
    def _span(self, scope: MutableMapping[str, Any], method: str) -> Iterator[Any]:
        if self._tracer is None:
            yield None
            return
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        told = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        parent = TraceContextTextMapPropagator().extract({key: told[key] for key in ("traceparent",) if key in told})
        facts = {"http.request.method": method, "url.scheme": scope.get("scheme", "http")}
        with self._tracer.start_as_current_span(method, parent, SpanKind.SERVER, facts) as span:
            yield span

    def close(self) -> None:
        """Send what was not sent yet."""
        if self._provider is not None:
            self._provider.shutdown()


class _Depths:
    """Numbers that are read when they are asked for, so that every process says the same."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def describe(self) -> list[Metric]:
        """Nothing is counted before somebody asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Ask the queue and the database; what is away says nothing, and its absence says so."""
        from prometheus_client.core import GaugeMetricFamily

        from ..errors import CountermarkError

        jobs = self._service.jobs
        sources: tuple[tuple[str, str, str, Callable[[], Mapping[str, float]]], ...] = (
            ("countermark_queue_depth", "Jobs that wait", "queue", jobs.waiting),
            ("countermark_queue_oldest_seconds", "Since when the oldest job waits", "queue", jobs.oldest),
            ("countermark_workers", "Workers that are alive", "", lambda: {"": jobs.workers()}),
            ("countermark_checks", "Checks on record, by outcome or how they stand", "outcome", self._checks),
            ("countermark_dead_letters", "What is on record as given up after all tries", "kind", self._given_up),
            ("countermark_disk_bytes", "Of the disk of home", "part", self._disk),
        )
        for name, words, label, ask in sources:
            try:
                counts = ask()
            except CountermarkError:
                continue
            family = GaugeMetricFamily(name, words, labels=[label] if label else [])
            for key, count in counts.items():
                family.add_metric([key] if label else [], count)
            yield family

    def _checks(self) -> dict[str, int]:
        from sqlalchemy import func, select

        from ..store import engine
        from ..store.checks import checks

        kind = func.coalesce(checks.c.outcome, checks.c.status).label("kind")
        standing = select(kind, func.count().label("number")).where(checks.c.deleted_at.is_(None)).group_by(kind)
        with engine.reading(self._service.options.database_url) as connection:
            rows = [] if connection is None else connection.execute(standing).all()
        return {"failed": 0} | {row.kind: row.number for row in rows}  # an alert asks how many there were before

    def _given_up(self) -> dict[str, int]:
        from sqlalchemy import func, select

        from ..store import engine
        from ..store.checks import callbacks, checks
        from ..store.hooks import hook_deliveries

        died = checks.c.error.contains('"ReaderDied"')
        unheard = callbacks.c.delivered_at.is_(None)
        asked = {
            "checks": select(func.count()).where(checks.c.status == "failed", checks.c.deleted_at.is_(None), died),
            "callbacks": select(func.count()).where(callbacks.c.due_at.is_(None), unheard),
            "hooks": select(func.count()).where(hook_deliveries.c.dead_at.is_not(None)),
        }
        with engine.reading(self._service.options.database_url) as connection:
            return {} if connection is None else {kind: connection.scalar(one) or 0 for kind, one in asked.items()}

    def _disk(self) -> dict[str, int]:
        try:
            found = shutil.disk_usage(self._service.options.home)
        except OSError:
            return {}
        return {"free": found.free, "whole": found.total}


def _tracing(url: str) -> TracerProvider:
    """Send spans to the URL that the operator names."""
    from ..errors import PackageMissing

    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError:
        raise PackageMissing(
            "`service.traces` is set, and what sends traces is not installed",
            advice="`pip install '.[traces]'` in the folder of Countermark's sources installs it;"
            " or leave `service.traces` empty",
        ) from None
    provider = TracerProvider(resource=Resource({"service.name": "countermark"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    return provider


def log_to_stderr(how: Literal["json", "text"]) -> None:
    """Let everything that logs in this process do so in one form, a line each, with the request's id."""
    import structlog

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last: Any = structlog.processors.JSONRenderer() if how == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    clean = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    rendered = [clean, last, _short]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=rendered))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], name != "uvicorn.access"
    for name in ("httpx", "alembic", "dbos"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _short(logger: object, name: str, line: str) -> str:
    """Cut the ids in a line as it is written, tracebacks and what libraries say among it."""
    return short(line)
