"""The Pulumi program: the resources of a deployment and the steps of a release."""
