"""What `dramatiq workers.main` imports: an app of the worker's own, with every actor bound to its broker."""

import sys

import dramatiq

from project import create_app, logs
from project.extensions import settings_of
from project.settings import SettingsError
from workers.broker import broker_of

logs.configure()
try:
    app = create_app()
    if settings_of(app).in_process:
        raise SettingsError("BROKER_URL: not set, nor are RABBITMQ_…; without RabbitMQ the serving process works its messages itself")
except SettingsError as fault:
    # Dramatiq would show a stack trace; the operator needs the sentence alone.
    sys.exit(f"callboard: {fault}")
dramatiq.set_broker(broker_of(app))
