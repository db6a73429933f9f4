"""Lists of objects in a configuration, whose elements are identified by a key. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeAlias, cast

Element: TypeAlias = Mapping[str, Any]


def elements(body: Element, name: str) -> list[Element]:
    """Return a list of objects from an answer; empty if it is ``None``, Go's nil."""
    return list(cast("Iterable[Element]", body.get(name) or ()))


def with_elements(present: Iterable[Element], key: str, wanted: Iterable[Element]) -> list[Element]:
    """Return a list that contains the wanted elements.

    Args:
        present: The list as it is. Elements keep their place and all other fields.
        key: The field that identifies elements.
        wanted: The elements, with the fields to set. New ones are appended.
    """
    left = {element[key]: element for element in wanted}
    kept = [{**element, **left.pop(element[key], {})} for element in present]
    return [*kept, *left.values()]


def without_elements(present: Iterable[Element], key: str, unwanted: Collection[str]) -> list[Element]:
    """Return a list without the elements with these keys."""
    return [element for element in present if element[key] not in unwanted]
