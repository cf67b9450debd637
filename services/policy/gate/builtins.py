"""The functions that rules may call: those that OPA and regorus agree on to the last character.

What looks at the clock, at chance, at the world or at the machine is not among them, nor is what prints numbers in its
own way, makes fractions, or depends on the language or the version of a library.
"""

from collections.abc import Mapping

RULES: Mapping[str, int] = {
    "array.concat": 2,
    "array.reverse": 1,
    "array.slice": 3,
    "concat": 2,
    "contains": 2,
    "count": 1,
    "endswith": 2,
    "intersection": 1,
    "is_array": 1,
    "is_boolean": 1,
    "is_null": 1,
    "is_number": 1,
    "is_object": 1,
    "is_set": 1,
    "is_string": 1,
    "max": 1,
    "min": 1,
    "object.get": 3,
    "object.keys": 1,
    "object.remove": 2,
    "object.union": 2,
    "object.union_n": 1,
    "sort": 1,
    "sprintf": 2,
    "startswith": 2,
    "sum": 1,
    "union": 1,
}
"""The number of arguments of each function that a rule may call."""

TESTS: Mapping[str, int] = {
    **RULES,
    "json.filter": 2,
    "json.patch": 2,
    "json.remove": 2,
    "numbers.range": 2,
    "object.filter": 2,
    "object.subset": 2,
    "print": 1,
    "split": 2,
    "trace": 1,
}
"""The same for a test."""

OUTSIDE = ("http", "net", "opa", "io")
"""What the functions that reach beyond the rules begin with: rules that call one are not run at all."""
