"""``rest/svc`` of the fake."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.nodes import OWN, ask, decoded, make_node

from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.rest.svc import HANDLERS


@pytest.mark.parametrize("version", VERSIONS)
async def test_device_ids(version: str) -> None:
    """A device ID is made canonical, or it is said what is wrong with it; both are no failures."""
    node = make_node(version)
    for text, answer in (
        (OWN.lower().replace("-", ""), {"id": OWN}),
        ("", {"id": ""}),
        ("nonsense", {"error": '"nonsense": device ID invalid: incorrect length'}),
    ):
        assert decoded(await ask(node, HANDLERS, f"/rest/svc/deviceid?id={text}")) == answer


@pytest.mark.parametrize(
    ("header", "old", "new"),
    [
        (None, [""], [""]),
        ("de, en;q=0.5", ["de", "en"], ["de", "en"]),
        ("de;q=0.1,en", ["de", "en"], ["en", "de"]),
        ("en-US,en;q=0.5,DE ; q=0.7", ["en-us", "en", "de"], ["en-us", "de", "en"]),
        ("de;q=x,fr", ["de", "fr"], ["fr"]),
        ("a;q= 0.5,b", ["a", "b"], ["b"]),
        (",", ["", ""], [""]),
        ("a;b;q=0.3,c", ["a", "c"], ["a", "c"]),
    ],
)
async def test_languages(header: str | None, old: list[str], new: list[str]) -> None:
    """The languages come from the header: in its order, or since 1.28 in the order of their weights."""
    headers = {} if header is None else {"accept-language": header}
    for version, languages in zip(VERSIONS, (old, new, new), strict=True):
        assert decoded(await ask(make_node(version), HANDLERS, "/rest/svc/lang", headers=headers)) == languages


async def test_random_texts() -> None:
    """A random text is as long as asked for, another one each time, and the same ones in each run."""
    nodes = [make_node("1.29.5"), make_node("1.29.5")]
    runs = []
    for node in nodes:
        found = [
            decoded(await ask(node, HANDLERS, f"/rest/svc/random/string{query}"))["random"]
            for query in ("", "?length=7", "?length=0", "?length=-1", "?length=x", "?length=")
        ]
        assert [len(text) for text in found] == [32, 7, 32, 32, 32, 32]
        assert len(set(found)) == len(found)
        assert all(text.isalnum() for text in found)
        runs.append(found)
    assert runs[0] == runs[1]


async def test_a_random_text_that_is_too_long() -> None:
    """A length that no memory suffices for does no harm to the other fakes."""
    answer = await ask(make_node("1.29.5"), HANDLERS, f"/rest/svc/random/string?length={1 << 60}")
    assert len(decoded(answer)["random"]) == 1 << 20


@pytest.mark.parametrize("version", VERSIONS)
async def test_reports(version: str) -> None:
    """The form of the report can be chosen; the newest comes by default."""
    node = make_node(version)

    async def report(query: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((await ask(node, HANDLERS, f"/rest/svc/report{query}")).body)
        return found

    assert "urVersion" not in await report("?version=1")
    assert (await report("?version=2"))["urVersion"] == 2
    for query in ("", "?version=3", "?version=0", "?version=x", "?version=-1"):
        assert (await report(query))["urVersion"] == 3
    assert (await report(""))["numDevices"] == 2
