"""Output for monitoring systems: the result of ``check``, and metrics."""
