"""The rules of access: who may call what, and about whom. Rego in `policies/toegang`, closed by default."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import from_json

from services.policy.embedded import EmbeddedEngine
from services.policy.engine import JsonValue, PolicyLoadError

_DECISION = "data.toegang.decision"


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a call is allowed, and of which providers its answer may speak; None for all."""

    allow: bool
    visible: frozenset[str] | None = None


class AccessRules:
    """The rules in a folder. May be asked from any thread."""

    def __init__(self, folder: Path) -> None:
        """Raises PolicyLoadError: the rules can't be read."""
        try:
            modules = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.rego"))}
            data: JsonValue = from_json((folder / "data.json").read_bytes())
        except (OSError, ValueError) as error:
            raise PolicyLoadError(f"de regels van toegang zijn niet te lezen: {error}") from error
        self._engine = EmbeddedEngine(modules, data)

    def decide(self, question: Mapping[str, JsonValue]) -> Decision:
        """The decision on a call: `method`, `caller`, `providers`, `parties` and `year`.

        Raises:
            PolicyError: the rules give no usable decision, so that nothing is allowed.
        """
        value = self._engine.evaluate(_DECISION, question).value
        assert isinstance(value, Mapping)
        visible = value.get("visible")
        return Decision(value["allow"] is True, None if visible is None else frozenset(visible))  # type: ignore[arg-type]
