"""The types of the configuration, and how Go's encoding/json decodes a body onto a value of them. Pure.

What the daemon makes of a body follows from four rules, which all are here: keys are case-insensitive, what the
body leaves out stays as it was, ``null`` changes nothing but empties lists and maps, and the elements of a list are
decoded onto those that stood at the same place.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import orjson

from aiosyncthing.device_id import DeviceID
from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.go.device_ids import problem
from pytest_syncthing.go.json import Number, Pairs, copied, is_list, kind_of
from pytest_syncthing.go.words import parse_time, quote
from pytest_syncthing.http.messages import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

_BAD_REQUEST: Final = 400
_INT64: Final = 2**63
_NEVER: Final = "0001-01-01T00:00:00Z"
_ZEROS: Final[dict[str, Any]] = {
    "int": 0,
    "float64": 0,
    "bool": False,
    "string": "",
    "protocol.DeviceID": "",
    "time.Time": _NEVER,
}
_ZONE: Final = re.compile(r"(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$", re.ASCII)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

_Path = tuple[str, ...]


class Schema:
    """The types of one version, by the names that they have in its source.

    A value of a struct is a dictionary, a nil list or map is ``None``.

    Attributes:
        current: The number of this version's form of the configuration.
        data: What else differs between versions.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.current: int = data["version"]
        self._enums: dict[str, dict[str, Any]] = data["enums"]
        self._structs: dict[str, dict[str, tuple[str, Any]]] = {}
        for name, fields in data["structs"].items():
            self._structs[name] = {
                key: (field, self._zero_of_simple(field)) if isinstance(field, str) else (field[0], field[1])
                for key, field in fields.items()
            }
        self._keys = {
            name: {key.casefold(): key for key in fields}  # close enough to the folding of Go, which is ASCII and two
            for name, fields in self._structs.items()
        }

    @staticmethod
    @cache
    def of(version: str) -> Schema:
        """Return the schema of a version that the fake plays."""
        return Schema(orjson.loads(files("pytest_syncthing").joinpath("data", f"config-{version}.json").read_bytes()))

    def fields(self, kind: str) -> dict[str, tuple[str, Any]]:
        """Return the type and the default of each field of a struct; a struct's default is ``None`` if it has none."""
        return self._structs[kind]

    def new(self, kind: str) -> Any:
        """Return a value of a struct with the defaults that are built in, as SetDefaults makes it; lists are nil."""
        new: dict[str, Any] = {}
        for key, (field, default) in self._structs[kind].items():
            if field in self._structs and default is None:
                new[key] = self.new(field)
            else:
                new[key] = None if _is_many(field) else copied(default)
        return new

    def zero(self, kind: str) -> Any:
        """Return Go's zero value of a type."""
        if kind in self._structs:
            return {key: self.zero(field) for key, (field, _) in self._structs[kind].items()}
        return self._zero_of_simple(kind)

    def decode(self, kind: str, raw: Any, onto: Any) -> Any:
        """Decode onto a value, which stays as it is.

        Args:
            kind: The type of the value.
            raw: A body, or a part of one, that was parsed by `_parsing.parse`.
            onto: The value.

        Returns:
            The new value.

        Raises:
            Refusal: Something has the wrong type.
        """
        decoder = _Decoder(self)
        value = decoder.value(kind, raw, copied(onto), "", ())
        if decoder.mismatch is not None:
            raise Refusal(_BAD_REQUEST, decoder.mismatch)
        return value

    def fill(self, kind: str, value: Any) -> None:
        """Make all lists and maps that are nil empty ones, in place."""
        if kind.startswith("[]"):
            for each in value:
                self.fill(kind[2:], each)
        elif kind in self._structs:
            for key, (field, _) in self._structs[kind].items():
                if value[key] is None:
                    value[key] = {} if field.startswith("map") else []
                self.fill(field, value[key])

    def key(self, kind: str, name: str) -> str | None:
        """Return the field of a struct that a key of JSON means."""
        return self._keys[kind].get(name.casefold())

    def is_struct(self, kind: str) -> bool:
        """Return whether a type is a struct."""
        return kind in self._structs

    def choice(self, kind: str, text: str) -> str | None:
        """Return what a text is as a value of an enumeration: the first one for unknown ones; none for other types."""
        enum = self._enums.get(kind)
        if enum is None:
            return None
        text = enum.get("aliases", {}).get(text, text)
        return text if text in enum["values"] or not enum["values"] else enum["values"][0]

    def _zero_of_simple(self, kind: str) -> Any:
        if kind in self._enums:
            return next(iter(self._enums[kind]["values"]), "")
        return _ZEROS.get(kind)


class _Decoder:
    """One run. Like Go, it reports the first value of a wrong type, but only after decoding the rest."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.mismatch: str | None = None

    def value(self, kind: str, raw: Any, onto: Any, owner: str, path: _Path) -> Any:
        """Decode one part.

        Args:
            kind: Its type.
            raw: What was parsed.
            onto: What was there.
            owner: The struct that it is a field of, or in a field of.
            path: The names of the fields that lead to it.
        """
        if kind.startswith("[]"):
            return self._list(kind, raw, onto, owner, path)
        if kind.startswith("map"):
            return self._map(kind, raw, onto, owner, path)
        if self._schema.is_struct(kind):
            return self._struct(kind, raw, onto, owner, path)
        return onto if raw is None else self._simple(kind, raw, onto, owner, path)

    def _struct(self, kind: str, raw: Any, onto: Any, owner: str, path: _Path) -> Any:
        if kind in self._schema.data["resets"]:
            return self._by_itself(kind, raw, onto, owner, path)
        if raw is None:
            return onto
        if not isinstance(raw, Pairs):
            self._differs(raw, kind, owner, path)
            return onto
        fields = self._schema.fields(kind)
        for name, each in raw:
            if (key := self._schema.key(kind, name)) is not None:
                onto[key] = self.value(fields[key][0], each, onto[key], kind.rpartition(".")[2], (*path, key))
        return onto

    def _by_itself(self, kind: str, raw: Any, onto: Any, owner: str, path: _Path) -> Any:
        """Decode a struct that has an UnmarshalJSON, which begins with SetDefaults; an error in there ends it all."""
        fields, inner = self._schema.fields(kind), _Decoder(self._schema)
        onto |= {key: fields[key][1] for key in self._schema.data["resets"][kind]}
        if raw is None:
            return onto
        if not isinstance(raw, Pairs):
            raise Refusal(_BAD_REQUEST, _mismatch(raw, "config.noCustomUnmarshal", owner, path))
        for name, each in raw:
            if (key := self._schema.key(kind, name)) is not None:
                # The decoder around it completes the error; how, differs between versions of Go.
                inside = path if self._schema.data["short_paths"] else (*path, key)
                onto[key] = inner.value(fields[key][0], each, onto[key], owner, inside)
        if inner.mismatch is not None:
            raise Refusal(_BAD_REQUEST, inner.mismatch)
        return onto

    def _list(self, kind: str, raw: Any, onto: Any, owner: str, path: _Path) -> Any:
        if raw is None:
            return None
        if not is_list(raw):
            self._differs(raw, kind, owner, path)
            return onto
        before: list[Any] = onto or []
        return [
            self.value(kind[2:], each, before[i] if i < len(before) else self._schema.zero(kind[2:]), owner, path)
            for i, each in enumerate(raw)
        ]

    def _map(self, kind: str, raw: Any, onto: Any, owner: str, path: _Path) -> Any:
        if raw is None:
            return None
        if not isinstance(raw, Pairs):
            self._differs(raw, kind, owner, path)
            return onto
        before: dict[str, str] = onto or {}
        new = {key: "" if each is None else self._simple("string", each, "", owner, path) for key, each in raw}
        return dict(sorted({**before, **new}.items()))

    def _simple(self, kind: str, raw: Any, onto: Any, owner: str, path: _Path) -> Any:
        if kind == "time.Time":
            return _time(raw)
        is_text = isinstance(raw, str) and not isinstance(raw, Number)
        if kind == "protocol.DeviceID" and is_text:
            return _device(raw)
        if is_text and (choice := self._schema.choice(kind, raw)) is not None:
            return choice
        if kind == "string" and is_text:
            return _SURROGATE.sub("\ufffd", raw)
        if kind == "bool" and isinstance(raw, bool):
            return raw
        if kind in _NUMBERS and isinstance(raw, Number):
            number = _NUMBERS[kind](raw)
            if number is not None:
                return number
        self._differs(raw, kind, owner, path)
        return onto

    def _differs(self, raw: Any, kind: str, owner: str, path: _Path) -> None:
        self.mismatch = self.mismatch or _mismatch(raw, kind, owner, path)


def _mismatch(raw: Any, kind: str, owner: str, path: _Path) -> str:
    where = f"struct field {owner}.{'.'.join(path)}" if path else "value"
    found = f"number {raw}" if isinstance(raw, Number) and kind in _NUMBERS else kind_of(raw)
    return f"json: cannot unmarshal {found} into Go {where} of type {kind}"


def _is_many(kind: str) -> bool:
    return kind.startswith(("[]", "map"))


def _integer(text: str) -> int | None:
    if not text.lstrip("-").isdigit() or len(text) > len(str(-_INT64)):
        return None
    number = int(text)
    return number if -_INT64 <= number < _INT64 else None


def _float(text: str) -> float | int | None:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        return None
    # Go prints whole numbers without a point, up to where it uses an exponent.
    return int(number) if number.is_integer() and abs(number) < 1e21 else number  # noqa: PLR2004 - as encoding/json


_NUMBERS: Final[dict[str, Callable[[str], float | int | None]]] = {"int": _integer, "float64": _float}


def _device(text: str) -> str:
    if (words := problem(text)) is not None:
        raise Refusal(_BAD_REQUEST, words)
    return str(DeviceID(text))


def _time(raw: Any) -> str:
    if not isinstance(raw, str) or isinstance(raw, Number):
        raise Refusal(_BAD_REQUEST, "Time.UnmarshalJSON: input is not a JSON string")
    if parse_time(raw) is None:
        layout = "2006-01-02T15:04:05Z07:00"
        raise Refusal(_BAD_REQUEST, f'parsing time {quote(raw)} as "{layout}": cannot parse {quote(raw)} as "2006"')
    return _ZONE.sub(_trimmed, raw)


def _trimmed(found: re.Match[str]) -> str:
    fraction = (found[1] or "")[:9].rstrip("0")
    zone = "Z" if found[2][1:] == "00:00" else found[2]
    return f".{fraction}{zone}" if fraction else zone


def is_known(kind: str, key: str) -> bool:
    """Return whether any version that the fake plays has a field of that name; case is ignored, as in Go.

    Args:
        kind: The struct, such as ``config.FolderConfiguration``.
        key: The name.
    """
    return any(key.lower() in map(str.lower, Schema.of(version).fields(kind)) for version in VERSIONS)


for _name in VERSIONS:
    Schema.of(_name)  # read now: whoever asks first may be in an event loop, which this would block
