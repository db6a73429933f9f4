"""What monitoring systems get: the verdict of ``check``, and metrics."""
