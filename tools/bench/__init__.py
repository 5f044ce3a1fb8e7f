"""Measure a release: `python -m tools.bench`. Ratios within one run, never absolute claims."""
