"""The workload, the same on every target: image, datastore, edge and release."""
