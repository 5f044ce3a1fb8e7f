"""The Pulumi program: what a deployment is made of, and the steps of a release."""
