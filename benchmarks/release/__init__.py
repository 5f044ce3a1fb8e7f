"""Measure a release: `python -m benchmarks.release`. Ratios within one run."""
