"""What gunicorn imports in each web process: the site, and with it the schedule."""

import sys

from project import create_app, logs
from project.collector import keep_what_is_loaded
from project.settings import SettingsError, load_settings
from workers.serving import Serving

try:
    settings = load_settings()
    logs.configure(production=settings.production)
    app = create_app(settings)
except SettingsError as fault:
    # gunicorn shows a stack trace for any exception but an exit, and starts again; the operator needs the sentence alone.
    sys.exit(f"callboard: {fault}")
keep_what_is_loaded()
serving = Serving(app)
serving.start()
