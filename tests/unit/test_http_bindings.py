"""Every method that can have one has a path over HTTP, no two share one, and its names are those of the resources."""

import re

from services.runtime import names
from tests.support.bindings import bindings, methods

NAMES = {
    re.sub(r"\{\w+\}", "*", pattern)
    for pattern in vars(names).values()
    if isinstance(pattern, str) and re.fullmatch(r"[a-zA-Z]+/\{\w+\}.*", pattern)
}


EVERY = [binding for method in methods() for binding in bindings(method)]


def test_only_a_stream_of_the_client_has_no_path() -> None:
    without = {method.name for method in methods() if not list(bindings(method))}
    assert without == {method.name for method in methods() if method.client_streaming}
    assert without == {"ImportFacts", "ImportSubmissions"}


def test_no_two_methods_share_a_path() -> None:
    seen = [(binding.verb, re.sub(r"\{[\w.]+=([^}]*)\}", r"\1", binding.path)) for binding in EVERY]
    assert len(seen) == len(set(seen))


def test_the_names_in_paths_are_names_of_resources() -> None:
    for binding in EVERY:
        for field, pattern in re.findall(r"\{([\w.]+)=([^}]*)\}", binding.path):
            assert pattern in NAMES, f"{binding.method.name}: {pattern}"
            message = binding.method.input_type
            for part in field.split("."):
                assert part in message.fields_by_name, f"{binding.method.name}: {field}"
                message = message.fields_by_name[part].message_type


def test_verbs_are_those_of_the_methods() -> None:
    """AIP-131 to AIP-136: what reads is a GET and has no body; the others name what their body holds."""
    verbs = {"Get": "get", "List": "get", "Create": "post", "Update": "patch"}
    for binding in EVERY:
        word = re.match("[A-Z][a-z]+", binding.method.name)
        assert word
        assert binding.verb == verbs.get(word[0], binding.verb), binding.method.name
        assert bool(binding.body) == (binding.verb != "get"), binding.method.name
        assert binding.body in {"", "*"} or binding.body in binding.method.input_type.fields_by_name


def test_no_field_of_a_query_is_a_list_of_messages() -> None:
    """Such a list cannot be written in a query; the path and the body hold the rest."""
    for binding in EVERY:
        if binding.body != "*":
            for field in binding.method.input_type.fields:
                if field.name != binding.body:
                    assert not (field.is_repeated and field.message_type), f"{binding.method.name}.{field.name}"


def test_a_name_stands_in_the_path_only() -> None:
    """The door refuses `name` and `parent` in a query, for the transcoder would let them replace those of the path."""
    for binding in EVERY:
        bound = re.findall(r"\{([\w.]+)=", binding.path)
        assert {field.rpartition(".")[2] for field in bound} <= {"name", "parent"}
        in_query = set() if binding.body == "*" else set(binding.method.input_type.fields_by_name) - {binding.body}
        assert not (in_query - set(bound)) & {"name", "parent"}, binding.method.name
