"""Update masks (AIP-134): which fields of a resource a request changes."""

from collections.abc import Collection
from typing import TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from services.runtime.errors import Violation, invalid

Resource = TypeVar("Resource", bound=Message)


def merge(current: Resource, wanted: Resource, mask: FieldMask, writable: Collection[str]) -> Resource:
    """The current resource with the fields of the mask taken from the wanted one.

    An empty mask, or `*`, means every writable field.

    Raises:
        DomainError: the mask names a field that does not exist or that cannot be written; every such one is named.
    """
    paths = list(mask.paths)
    if not paths or paths == ["*"]:
        paths = list(writable)
    wrong = [Violation("update_mask", f"{path} kan niet worden gewijzigd") for path in paths if path not in writable]
    if wrong:
        raise invalid(wrong)
    merged = type(current)()
    merged.CopyFrom(current)
    for path in paths:
        merged.ClearField(path)
        # A message of its own with just this field, so that presence and repetition need no cases here.
        single = type(current)()
        single.CopyFrom(wanted)
        for descriptor in single.DESCRIPTOR.fields:
            if descriptor.name != path:
                single.ClearField(descriptor.name)
        merged.MergeFrom(single)
    return merged
