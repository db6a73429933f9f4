"""Disturbances at random, with the daemon's own audit log as the truth."""
