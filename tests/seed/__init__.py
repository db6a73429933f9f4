"""The contract with programs written for version 0.

The tests in ``test_mended.py`` fail with aiosyncthing 0.7.1; all others pass with it too.
``with_aioresponses.py`` runs in an environment of its own.
"""
