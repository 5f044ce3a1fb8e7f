"""Steps of a release as resources: each fails the deployment and is run again by the next one.

They are dynamic resources, because a step whose `create` or `update` raises keeps its old state and
is run again by the next `pulumi up`. A one-shot container would be recorded as done.
"""
