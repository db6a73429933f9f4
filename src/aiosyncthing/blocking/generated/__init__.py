"""The generated half of `aiosyncthing.blocking`; see scripts/make_blocking.py."""
