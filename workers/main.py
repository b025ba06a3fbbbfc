"""What `dramatiq workers.main` imports: an app of the worker's own, with every actor bound to its broker."""

import sys

import dramatiq

from project import create_app, logs
from project.collector import keep_what_is_loaded
from project.settings import SettingsError, load_settings
from workers.broker import broker_of

try:
    settings = load_settings()
    logs.configure(production=settings.production)
    if settings.in_process:
        raise SettingsError("BROKER_URL: not set, nor are RABBITMQ_…; without RabbitMQ the serving process works its messages itself")
    app = create_app(settings)
except SettingsError as fault:
    # Dramatiq would show a stack trace; the operator needs the sentence alone.
    sys.exit(f"callboard: {fault}")
keep_what_is_loaded()
dramatiq.set_broker(broker_of(app))
