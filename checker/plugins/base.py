"""What a plugin is: a stage's name, its arguments, and what it does. Courses' own plugins inherit from here: the names stay."""

import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ValidationError

from checker.exceptions import BadConfig

log = logging.getLogger(__name__)


@dataclass
class PluginOutput:
    """What a stage that did not fail has to say, and which share of its points, 0 to 1, it earned."""

    output: str
    percentage: float = 1.0


class PluginABC(ABC):
    """A kind of stage: subclasses set `name`, describe their arguments in `Args` and do the work in `_run`."""

    name: ClassVar[str]

    class Args(BaseModel):
        """The stage's `args`, templates resolved."""

    def run(self, args: dict[str, Any], *, verbose: bool = False) -> PluginOutput:
        """Run the stage; `verbose` is a teacher's run, which may see what students must not.

        Raises BadConfig for wrong arguments and PluginExecutionFailed if the stage fails.
        """
        return self._run(self.parse(args), verbose=verbose)

    @classmethod
    def validate(cls, args: dict[str, Any]) -> None:
        """Raise BadConfig unless the arguments are right."""
        cls.parse(args)

    @classmethod
    def parse(cls, args: dict[str, Any]) -> Args:
        """The arguments as `Args`, or BadConfig that names each wrong one.

        Unknown arguments are ignored, as courses rely on it, with a warning.
        """
        fields = cls.Args.model_fields
        known = fields.keys() | {field.alias for field in fields.values() if field.alias}
        if cls.Args.model_config.get("extra") is None and (unknown := sorted(args.keys() - known)):
            log.warning("%s: no such argument, ignored: %s. It takes: %s", cls.name, ", ".join(unknown), ", ".join(fields) or "none")
        try:
            return cls.Args(**args)
        except ValidationError as error:
            raise BadConfig(f"{cls.name}: {faults(error)}") from error

    @abstractmethod
    def _run(self, args: Any, *, verbose: bool = False) -> PluginOutput:
        """Do the work of the stage.

        `args` is this class's own `Args`. Raises PluginExecutionFailed if the stage fails.
        """


def faults(error: ValidationError) -> str:
    """What is wrong, argument by argument, without the values: one may be a token."""
    return "; ".join(f"{'.'.join(str(part) for part in fault['loc']) or 'arguments'}: {fault['msg']}" for fault in error.errors())
