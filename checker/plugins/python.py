"""Where courses' own plugins import RunPytestPlugin from."""

from checker.plugins.run_pytest import RunPytest as RunPytestPlugin

__all__ = ["RunPytestPlugin"]
