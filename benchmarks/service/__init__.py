"""The service's speed against a baseline that does the same work with nothing in between."""
