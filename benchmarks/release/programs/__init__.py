"""Pulumi programs that the benchmark deploys beside ours."""
