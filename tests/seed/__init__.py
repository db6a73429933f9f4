"""The contract with programs written for version 0: all of this passes with aiosyncthing 0.7.1 too.

``with_aioresponses.py`` runs in an environment of its own.
"""
