"""Plugins: what a stage of a pipeline can be. Built in, installed (entry points `checker.plugins`), or the course's own."""

from checker.plugins.base import PluginABC, PluginOutput
from checker.plugins.loading import load_plugins

__all__ = ["PluginABC", "PluginOutput", "load_plugins"]
