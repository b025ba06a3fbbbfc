"""Run a student's code so that it harms nothing and learns nothing: one interface, a backend for what the machine can do."""

from checker.sandbox.base import Job, Limits, Outcome, Sandbox, SandboxUnavailable
from checker.sandbox.choice import choose

__all__ = ["Job", "Limits", "Outcome", "Sandbox", "SandboxUnavailable", "choose"]
