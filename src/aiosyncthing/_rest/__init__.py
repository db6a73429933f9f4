"""What the namespaces share."""
