"""What gunicorn imports in each web process."""

from importlib import import_module

from benchmarks.unwatched import leave_out

leave_out()
app = import_module("project.wsgi").app
