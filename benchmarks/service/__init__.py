"""The service's speed against a floor that does the same work with nothing in between."""
