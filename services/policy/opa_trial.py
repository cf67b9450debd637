"""Whether an OPA server takes a policy set, before that set is active: it is loaded beside the active ones, and judges.

The set lies in a package of its own for as long as the trial lasts, so that nothing that is active notices.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from graphlib import CycleError, TopologicalSorter
from typing import Any
from uuid import uuid4

import requests
from opa_client import errors  # type: ignore[import-untyped]
from opa_client.opa import OpaClient  # type: ignore[import-untyped]

from services.policy.assess import input_document, read_findings
from services.policy.engine import EngineUnavailableError, PolicyLoadError
from services.policy.opa import PARAMETERS, client_of
from services.policy.policy_set import PolicySet
from services.policy.year import KIND, PolicyYear

_PATH = re.compile(rf"\b(package |data\.){KIND}\b")
_IMPORT = re.compile(rf"^import data\.{KIND}\.y\d+\.(\w+)", re.MULTILINE)
_SECONDS = 10.0
_TURN = threading.Lock()
"""OPA compiles all that it holds for each module that comes or goes, so it takes longer over trials beside each other
than over as many in turn."""
_TURN_SECONDS = 30.0
_REFUSALS = (errors.RegoParseError, errors.TypeException, errors.PatchDataError)


def try_out(url: str, policy_set: PolicySet, policies: PolicyYear) -> None:
    """Has the OPA server at `url` load a policy set and judge a location of which nothing is known.

    Raises:
        PolicyLoadError: OPA does not take the rules, or they give no finding for each norm.
        EngineUnavailableError: OPA did not answer, or answered with something else; or others were tried all the time.
    """
    with _turn():
        body = _answer(url, policy_set, policies)
    read_findings(policies, body.get("result"))


@contextmanager
def _turn() -> Iterator[None]:
    """The only trial of this process, for as long as the `with` lasts. Raises EngineUnavailableError after too long."""
    if not _TURN.acquire(timeout=_TURN_SECONDS):
        raise EngineUnavailableError("er worden al andere regelsets geprobeerd")
    try:
        yield
    finally:
        _TURN.release()


def _answer(url: str, policy_set: PolicySet, policies: PolicyYear) -> Any:
    """What OPA answers of a location of which nothing is known."""
    client = client_of(url)
    client.timeout = _SECONDS
    # Another process may try the same set at the same moment.
    package = f"kandidaat_{policy_set.id}_{uuid4().hex[:8]}"
    try:
        with _loaded(client, package, policies):
            path = policies.findings_path.removeprefix("data.").replace(KIND, package, 1)
            document = input_document(policies, policies.questionnaire.block_ids, {})
            return client.query_rule(document, path, query_params=PARAMETERS)
    except _REFUSALS as reason:
        raise PolicyLoadError(f"OPA neemt de regels niet aan: {reason}") from reason
    except requests.HTTPError as reason:
        raise PolicyLoadError(f"OPA kan met de regels niet oordelen: {reason.response.text[:500]}") from reason
    except (requests.RequestException, ValueError, errors.DeletePolicyError, errors.DeleteDataError) as reason:
        raise EngineUnavailableError(f"OPA antwoordt niet: {reason}") from reason
    finally:
        client.close_connection()


def _in_order(policies: PolicyYear) -> Iterator[str]:
    """The modules, those that others import before them: OPA knows no function that is yet to come.

    Raises PolicyLoadError when they import each other in a circle.
    """
    imports = {
        name: {f"{found}.rego" for found in _IMPORT.findall(text)} & policies.modules.keys()
        for name, text in policies.modules.items()
    }
    try:
        yield from TopologicalSorter(imports).static_order()
    except CycleError as reason:
        raise PolicyLoadError("de regels importeren elkaar in een kring") from reason


@contextmanager
def _loaded(client: OpaClient, package: str, policies: PolicyYear) -> Iterator[None]:
    """The set in a package of its own; afterwards nothing of it is left."""
    with ExitStack() as added:
        client.update_or_create_data(policies.data[KIND], package)
        added.callback(client.delete_data, package)
        for name in _in_order(policies):
            module = f"{package}/{name}"
            text = _PATH.sub(rf"\g<1>{package}", policies.modules[name])
            client.update_policy_from_string(text, module, rego_compat=False)
            # In the opposite order: no module may be without what it imports.
            added.callback(client.delete_policy, module)
        yield
