"""Where courses' own plugins import SafeRunScriptPlugin from."""

from checker.plugins.scripts import SafeRunScriptPlugin

__all__ = ["SafeRunScriptPlugin"]
