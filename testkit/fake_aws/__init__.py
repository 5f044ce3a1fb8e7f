"""A stand-in for AWS: moto answers the calls, and an EC2 instance is a namespace of this machine.

Real: the program, Pulumi's engine, the Docker plugin, botocore's checks of every call, ssh with its
keys, cloud-init's file and the scripts in it, the data volume (a block device that is formatted and
mounted), Docker. Stand-ins: the `aws` plugin, cloud-init itself, systemd, the image of the machine,
Session Manager's transport.
"""
