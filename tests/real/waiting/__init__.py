"""Waiting with two real daemons that stay up for all tests of this folder."""
