"""The harness: deployments of a working copy, for the end-to-end tests and the benchmarks."""
