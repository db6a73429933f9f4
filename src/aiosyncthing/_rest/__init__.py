"""What the namespaces share: their base class, and the checks before requests and of answers."""
