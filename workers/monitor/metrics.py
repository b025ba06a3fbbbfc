"""`/metrics` for Prometheus: what the database knows of workers and queues, whichever web process is asked."""

import hmac
from collections import defaultdict
from collections.abc import Iterator

from flask import Blueprint, Response, abort, current_app
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from project.access import everyone, open_to
from project.api import bearer_token
from project.extensions import settings_of
from workers.monitor import queries
from workers.monitor.histogram import BOUNDS
from workers.monitor.models import Outcome
from workers.queries import database_time

blueprint = Blueprint("metrics", __name__)

OF_AN_ACTOR = ("queue", "actor")


@blueprint.get("/metrics")
@open_to(everyone)
def metrics() -> ResponseReturnValue:
    """For whoever has METRICS_TOKEN; not found where there is none."""
    token = settings_of(current_app).metrics_token or abort(404)
    if not hmac.compare_digest((bearer_token() or "").encode("utf-8", "surrogatepass"), token.encode()):
        return Response("Send METRICS_TOKEN as a bearer token.\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
    registry = CollectorRegistry(auto_describe=False)
    registry.register(MonitorCollector())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class MonitorCollector(Collector):
    """Reads the database each time that it is asked."""

    def collect(self) -> Iterator[Metric]:
        """Every metric."""
        yield from _of_messages()
        yield from _of_workers()
        yield from _of_queues()
        yield _tick_lag()


def _of_messages() -> Iterator[Metric]:
    counters = {
        Outcome.PROCESSED: CounterMetricFamily(
            "callboard_messages", "Messages that are done: their actor returned, and what it wrote is committed.", labels=OF_AN_ACTOR
        ),
        Outcome.FAILED: CounterMetricFamily("callboard_message_errors", "Messages that failed for good.", labels=OF_AN_ACTOR),
        Outcome.RETRIED: CounterMetricFamily("callboard_message_retries", "Tries after which a message was sent again.", labels=OF_AN_ACTOR),
    }
    durations = HistogramMetricFamily("callboard_message_duration_seconds", "From when a worker begins a message until it is done.", labels=OF_AN_ACTOR)
    for (queue, actor), outcomes in sorted(queries.work_ever().items()):
        for outcome, counter in counters.items():
            counter.add_metric([queue, actor], sum(messages for messages, _ in outcomes.get(outcome, {}).values()))
        done = outcomes.get(Outcome.PROCESSED, {})
        durations.add_metric([queue, actor], buckets=_cumulative(done), sum_value=sum(seconds for _, seconds in done.values()))
    yield from (*counters.values(), durations)


def _cumulative(done: dict[int, tuple[int, float]]) -> list[tuple[str, float]]:
    """How many messages took at most each bound, as Prometheus has it."""
    found, below = [], 0
    for bucket, bound in enumerate((*map(str, BOUNDS), "+Inf")):
        below += done.get(bucket, (0, 0.0))[0]
        found.append((bound, float(below)))
    return found


def _of_workers() -> Iterator[Metric]:
    online, in_progress = queries.working()
    yield GaugeMetricFamily("callboard_workers_online", "Worker processes that were heard lately, paused ones too.", value=online)
    yield GaugeMetricFamily("callboard_messages_in_progress", "Messages that were begun and have not ended.", value=in_progress)


def _of_queues() -> Iterator[Metric]:
    at = database_time()
    depth = GaugeMetricFamily("callboard_queue_messages", "Messages in a queue, as it was seen last.", labels=("queue", "state"))
    consumers = GaugeMetricFamily("callboard_queue_consumers", "Workers that take from a queue.", labels=("queue",))
    oldest = GaugeMetricFamily(
        "callboard_queue_oldest_message_age_seconds", "Since when the first message of a queue waits; 0 if none does.", labels=("queue",)
    )
    up = GaugeMetricFamily("callboard_queue_seen", "1 if the queue could be seen when somebody last looked, else 0.", labels=("queue",))
    for queue in queries.queues():
        for state in ("ready", "delayed", "dead", "unacknowledged"):
            if (messages := getattr(queue, state)) is not None:
                depth.add_metric([queue.queue, state], messages)
        consumers.add_metric([queue.queue], queue.consumers)
        oldest.add_metric([queue.queue], max(0.0, (at - queue.oldest_at).total_seconds()) if queue.oldest_at else 0.0)
        up.add_metric([queue.queue], 0 if queue.fault else 1)
    yield from (depth, consumers, oldest, up)


def _tick_lag() -> Metric:
    at = database_time()
    lags: dict[str, float] = defaultdict(float)
    for tick in queries.open_ticks():
        lags[tick.launches] = max(lags[tick.launches], (at - tick.slot).total_seconds())
    lag = GaugeMetricFamily("callboard_tick_lag_seconds", "How long ago the oldest open tick of a schedule was due.", labels=("schedule",))
    for schedule, seconds in sorted(lags.items()):
        lag.add_metric([schedule], seconds)
    return lag
