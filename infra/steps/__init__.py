"""Steps of a release that are not things: each fails the deployment and is tried again by the next.

They are dynamic resources, because a step whose `create` or `update` raises keeps its old state and
is run again by the next `pulumi up`. A one-shot container would be recorded as done.
"""
