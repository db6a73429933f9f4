"""A package, so that tests in folders below can import what is in `tests.support`."""
