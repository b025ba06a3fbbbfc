"""What `dramatiq benchmarks.unwatched.main` imports."""

from importlib import import_module

from benchmarks.unwatched import leave_out

leave_out()
# It makes the app, and with it the broker.
import_module("workers.main")
