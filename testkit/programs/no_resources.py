"""A Pulumi program with our providers and no resource of theirs: the least that a preview costs.

It loads the modules of `pulumi_aws` that ours uses, and has one dynamic resource, as the process
that runs those starts with the first of them.
"""

import pulumi_aws as aws
import pulumi_docker as docker

from infra.steps.script import Script, ScriptArgs

for module in (aws.cloudwatch, aws.dlm, aws.ebs, aws.ec2, aws.iam, aws.s3, aws.ssm, aws.vpc):
    getattr(module, "nothing", None)
aws.Provider("aws", region="eu-central-1")
docker.Provider("docker", host="unix:///var/run/docker.sock")
Script("nothing", ScriptArgs(endpoint="", container="", command=[]))
