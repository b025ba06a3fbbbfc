"""Find plugins: built in, installed beside the checker, and in the folders that a course names in `search_plugins`."""

import importlib.util
import inspect
import logging
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from checker.exceptions import BadConfig
from checker.plugins.base import PluginABC

log = logging.getLogger(__name__)

PACKAGE = __name__.rpartition(".")[0]
GROUP = PACKAGE
"""The entry points under which other packages offer plugins."""

Plugins = dict[str, type[PluginABC]]


def load_plugins(search: Sequence[Path] = ()) -> Plugins:
    """All plugins by name; `search` are the course's own folders, each module of which is imported.

    A course's plugin takes the place of a built-in or installed one of the same name, as courses do with `run_pytest`. Any
    other two of one name, a module that cannot be imported and a plugin without a name raise BadConfig.
    """
    plugins = named([*built_in(), *installed()])
    own = named([plugin for folder in search for module in modules_in(folder) for plugin in plugins_of(module)])
    for name in sorted(plugins.keys() & own.keys()):
        log.info("%s is the course's own, from %s", name, inspect.getfile(own[name]))
    return plugins | own


def named(found: Sequence[type[PluginABC]]) -> Plugins:
    """The plugins by their names, each of which is there and is taken once."""
    plugins: Plugins = {}
    for plugin in found:
        name = getattr(plugin, "name", None)
        if not isinstance(name, str) or not name:
            raise BadConfig(f"{described(plugin)} has no name: give the class one, name = '…'")
        if (other := plugins.setdefault(name, plugin)) is not plugin:
            raise BadConfig(f"Two plugins are called {name}: {described(other)} and {described(plugin)}. Rename one")
    return plugins


def described(plugin: type[PluginABC]) -> str:
    """The plugin's class and file, for an error."""
    return f"{plugin.__qualname__} in {inspect.getfile(plugin)}"


def built_in() -> Iterator[type[PluginABC]]:
    """The plugins of this package."""
    for module in pkgutil.iter_modules(sys.modules[PACKAGE].__path__, f"{PACKAGE}."):
        yield from plugins_of(importlib.import_module(module.name))


def installed() -> Iterator[type[PluginABC]]:
    """The plugins that other packages offer as entry points; each names a class."""
    for point in entry_points(group=GROUP):
        try:
            plugin = point.load()
        except Exception as error:
            raise BadConfig(f"The plugin {point.value}, entry point {point.name}, cannot be imported: {type(error).__name__}: {error}") from error
        if not (isinstance(plugin, type) and issubclass(plugin, PluginABC)):
            raise BadConfig(f"The entry point {point.name} must name a subclass of checker.plugins.PluginABC; {point.value} is none")
        yield plugin


def plugins_of(module: ModuleType) -> Iterator[type[PluginABC]]:
    """The plugins that a module or package defines; what it merely imports is not its own, and abstract classes are none."""
    inside = f"{module.__name__}."
    for value in list(vars(module).values()):
        if isinstance(value, type) and issubclass(value, PluginABC) and not inspect.isabstract(value) and f"{value.__module__}.".startswith(inside):
            yield value


def modules_in(folder: Path) -> Iterator[ModuleType]:
    """Each module and package of a course's folder, imported anew."""
    if not folder.is_dir():
        log.warning("search_plugins: %s is no folder; nothing is loaded from it", folder)
        return
    # The modules of the folder may import each other by their bare names, also later, inside a function.
    if str(folder.resolve()) not in sys.path:
        sys.path.append(str(folder.resolve()))
    for found in sorted(folder.iterdir()):
        file = found / "__init__.py" if found.is_dir() else found
        if file.suffix == ".py" and file.is_file() and found.stem.isidentifier() and found.stem != "__init__":
            yield imported(found.stem, file)


def imported(stem: str, file: Path) -> ModuleType:
    """Import a course's file as a module of this package, where relative imports such as `from .base` find ours; BadConfig if it fails."""
    name = f"{PACKAGE}.course_{stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None  # It ends in .py.
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pydantic looks up annotations there.
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise BadConfig(f"search_plugins: {file} cannot be imported: {type(error).__name__}: {error}") from error
    return module
