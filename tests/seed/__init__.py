"""The contract with programs written for version 0.

The tests of ``test_mended.py`` fail with aiosyncthing 0.7.1; all others pass with it, too.
``with_aioresponses.py`` is run in an environment of its own.
"""
