"""A port that was found free stays free for the one it is meant for."""

from __future__ import annotations

import asyncio
import socket

import pytest

from aiosyncthing._ports import LOOPBACK, Port, is_taken


def listener(number: int) -> socket.socket:
    """Listen the way Go's servers do."""
    return socket.create_server((LOOPBACK, number), reuse_port=False)


async def test_is_usable() -> None:
    """A program can listen on a port that is kept for it, and others can connect to that."""
    port = Port()
    try:
        assert not await is_taken(port.number)
        with listener(port.number):
            assert await is_taken(port.number)
        assert not await is_taken(port.number)
    finally:
        port.close()


def test_is_kept() -> None:
    """Until it is given back nobody gets it by chance; after that anybody can."""
    port = Port()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, port.number))
    port.close()
    with socket.socket() as other:
        other.bind((LOOPBACK, port.number))


def test_closing_twice() -> None:
    """Giving it back twice does no harm."""
    port = Port()
    port.close()
    port.close()


def test_many_at_once() -> None:
    """Ports that are kept at the same time are different ones."""
    ports = [Port() for _ in range(200)]
    try:
        assert len({port.number for port in ports}) == len(ports)
    finally:
        for port in ports:
            port.close()


def test_none_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the system has none, its error comes through and nothing stays open."""
    monkeypatch.setattr("aiosyncthing._ports.LOOPBACK", "192.0.2.1")  # an address that no computer has
    with pytest.raises(OSError, match="assign"):
        Port()


async def test_full_backlog_counts_as_taken() -> None:
    """A port whose listener never accepts is taken all the same."""
    with socket.create_server((LOOPBACK, 0), backlog=1) as server:
        assert await asyncio.wait_for(is_taken(server.getsockname()[1]), 5)
