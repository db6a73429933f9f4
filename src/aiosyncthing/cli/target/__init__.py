"""Which daemon a command talks to: options, the environment, profiles and keys."""
