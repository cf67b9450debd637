"""Every command of the group; a module of commands adds its own when it is imported."""

from services.cli.policy import authoring, book, check, evidence, explain, publish, test, whatif
from services.cli.policy.app import policy

__all__ = ["authoring", "book", "check", "evidence", "explain", "policy", "publish", "test", "whatif"]
