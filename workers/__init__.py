"""Workers: broker, batches, schedules and their ledger. Knows no feature; features register with it."""

import threading
from dataclasses import dataclass, field

from dramatiq import set_encoder
from flask import Flask

from project.api import scopes_of
from project.extensions import admin_of, settings_of
from project.health import checks_of
from project.home import notices_of
from workers import deadletters, masked_lines, schedule_api
from workers.admin import ScheduleView
from workers.batch import Writers
from workers.broker import Broker, make_broker
from workers.encoding import Encoder
from workers.masking import masked_text
from workers.middleware import middleware_for
from workers.monitor import api, metrics
from workers.monitor.actors_admin import ActorsView
from workers.monitor.admin import OverviewView, ProcessesView
from workers.monitor.gathering import Gathering
from workers.monitor.queues_admin import QueuesView
from workers.notices import state_notice
from workers.schedule import Schedules


@dataclass
class Workers:
    """What an app has of workers."""

    broker: Broker
    writers: Writers
    gathering: Gathering
    schedules: Schedules = field(default_factory=Schedules)
    stopping: threading.Event = field(default_factory=threading.Event)


def register(app: Flask) -> None:
    """Give the app its broker and its schedules, to which features add their actors and their slots."""
    set_encoder(Encoder())
    writers, gathering = Writers(app), Gathering()
    settings = settings_of(app)
    broker = make_broker(settings.broker_url, middleware_for(app, writers, gathering), settings.queue_type)
    app.extensions["workers"] = Workers(broker, writers, gathering)
    checks_of(app)["broker"] = broker.trouble
    admin_of(app).add_view(OverviewView(name="Workers", endpoint="workers", url="/workers"))
    admin_of(app).add_view(ProcessesView(name="Processes", endpoint="processes", url="/workers/processes"))
    admin_of(app).add_view(QueuesView(name="Queues", endpoint="queues", url="/workers/queues"))
    admin_of(app).add_view(ActorsView(name="Actors", endpoint="actors", url="/workers/actors"))
    admin_of(app).add_view(ScheduleView(name="Schedule", endpoint="schedule", url="/workers/schedule"))
    app.register_blueprint(schedule_api.blueprint)
    deadletters.register(app)
    scopes_of(app)["workers:read"] = "See workers, queues, actors, the schedule and the messages that failed"
    scopes_of(app)["workers:act"] = "Act on workers, the schedule and messages that failed, and send messages by hand"
    app.register_blueprint(api.blueprint)
    app.register_blueprint(metrics.blueprint)
    # What is written is masked; rows of an earlier release may not be.
    app.add_template_filter(masked_text, "masked")
    masked_lines.register()
    notices_of(app).append(state_notice)
