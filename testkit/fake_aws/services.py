"""Roles, alarms, DNS records and snapshots."""

import uuid
from typing import Any

import botocore.session
from botocore.validate import validate_parameters

from testkit.fake_aws.account import Account, Inputs
from testkit.fake_aws.kinds import Kind, put_again


def _role(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    role = aws.client("iam").create_role(
        RoleName=inputs["name"],
        AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
        Tags=aws.tags(inputs),
    )["Role"]
    return inputs["name"], {"arn": role["Arn"]}


def _role_policy(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    aws.client("iam").put_role_policy(
        RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"]
    )
    return f"{inputs['role']}:{inputs['name']}", {}


def _attached(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    aws.client("iam").attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
    return f"{inputs['role']}-{inputs['policyArn']}", {}


def _profile(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    iam = aws.client("iam")
    iam.create_instance_profile(InstanceProfileName=inputs["name"], Tags=aws.tags(inputs))
    iam.add_role_to_instance_profile(InstanceProfileName=inputs["name"], RoleName=inputs["role"])
    return inputs["name"], {}


def _change_profile(aws: Account, resource_id: str, new: Inputs) -> None:
    iam = aws.client("iam")
    [role] = iam.get_instance_profile(InstanceProfileName=resource_id)["InstanceProfile"]["Roles"]
    iam.remove_role_from_instance_profile(
        InstanceProfileName=resource_id, RoleName=role["RoleName"]
    )
    iam.add_role_to_instance_profile(InstanceProfileName=resource_id, RoleName=new["role"])


def _delete_profile(aws: Account, resource_id: str, state: Inputs) -> None:
    iam = aws.client("iam")
    iam.remove_role_from_instance_profile(InstanceProfileName=resource_id, RoleName=state["role"])
    iam.delete_instance_profile(InstanceProfileName=resource_id)


def _topic(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    arn = aws.client("sns").create_topic(Name=inputs["name"], Tags=aws.tags(inputs))["TopicArn"]
    return arn, {"arn": arn}


def _subscription(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    resource_id = aws.client("sns").subscribe(
        TopicArn=inputs["topic"], Protocol=inputs["protocol"], Endpoint=inputs["endpoint"]
    )
    return resource_id["SubscriptionArn"], {}


def _alarm(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=inputs["name"],
        Namespace=inputs["namespace"],
        MetricName=inputs["metricName"],
        Statistic=inputs["statistic"],
        Period=int(inputs["period"]),
        EvaluationPeriods=int(inputs["evaluationPeriods"]),
        Threshold=float(inputs["threshold"]),
        ComparisonOperator=inputs["comparisonOperator"],
        AlarmActions=inputs["alarmActions"],
        OKActions=inputs["okActions"],
        Dimensions=[{"Name": k, "Value": v} for k, v in inputs["dimensions"].items()],
        TreatMissingData=inputs.get("treatMissingData", "missing"),
        Tags=aws.tags(inputs),
    )
    return inputs["name"], {}


def _update_alarm(aws: Account, resource_id: str, new: Inputs) -> None:
    _alarm(aws, {**new, "name": resource_id})


def _copies(_aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    _check_copies("CreateLifecyclePolicy", _copying(inputs))
    return f"policy-{uuid.uuid4().hex[:17]}", {}


def _change_copies(_aws: Account, resource_id: str, new: Inputs) -> None:
    _check_copies("UpdateLifecyclePolicy", {"PolicyId": resource_id, **_copying(new)})


def _check_copies(operation: str, call: Inputs) -> None:
    # moto has no Data Lifecycle Manager: the call is checked as botocore would, and not sent.
    model = botocore.session.get_session().get_service_model("dlm")
    validate_parameters(call, model.operation_model(operation).input_shape)


def _copied_tags(olds: Inputs, news: Inputs) -> set[str]:
    """`copyTags` replaces a policy as no other part of its details does."""
    old, new = (
        [schedule.get("copyTags") for schedule in inputs["policyDetails"]["schedules"]]
        for inputs in (olds, news)
    )
    return set() if old == new else {"policyDetails"}


def _copying(inputs: Inputs) -> Inputs:
    details = inputs["policyDetails"]
    schedules = [
        {
            "Name": schedule["name"],
            "CopyTags": schedule["copyTags"],
            "CreateRule": {
                "Interval": int(schedule["createRule"]["interval"]),
                "IntervalUnit": schedule["createRule"]["intervalUnit"],
                "Times": [schedule["createRule"]["times"]],
            },
            "RetainRule": {"Count": int(schedule["retainRule"]["count"])},
        }
        for schedule in details["schedules"]
    ]
    return {
        "ExecutionRoleArn": inputs["executionRoleArn"],
        "Description": inputs["description"],
        "State": inputs["state"],
        "PolicyDetails": {
            "ResourceTypes": details["resourceTypes"],
            "TargetTags": [{"Key": k, "Value": v} for k, v in details["targetTags"].items()],
            "Schedules": schedules,
        },
    }


def _record(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    # As the provider: a record that is there is only taken over where it may be.
    _change(aws, "UPSERT" if inputs.get("allowOverwrite") else "CREATE", inputs)
    return f"{inputs['zoneId']}_{inputs['name']}_{inputs['type']}", {"fqdn": inputs["name"]}


def _change(aws: Account, action: str, inputs: Inputs) -> None:
    record = {
        "Name": inputs["name"],
        "Type": inputs["type"],
        "TTL": int(inputs["ttl"]),
        "ResourceRecords": [{"Value": value} for value in inputs["records"]],
    }
    aws.client("route53").change_resource_record_sets(
        HostedZoneId=inputs["zoneId"],
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
    )


KINDS = {
    "aws:iam/role:Role": Kind(
        create=_role,
        update=lambda a, i, new: a.client("iam").update_assume_role_policy(
            RoleName=i, PolicyDocument=new["assumeRolePolicy"]
        ),
        delete=lambda a, i, _: a.client("iam").delete_role(RoleName=i),
        autonamed="name",
    ),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        create=_role_policy,
        update=put_again(_role_policy),
        delete=lambda a, _, s: a.client("iam").delete_role_policy(
            RoleName=s["role"], PolicyName=s["name"]
        ),
        autonamed="name",
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Kind(
        create=_attached,
        delete=lambda a, _, s: a.client("iam").detach_role_policy(
            RoleName=s["role"], PolicyArn=s["policyArn"]
        ),
    ),
    "aws:iam/instanceProfile:InstanceProfile": Kind(
        create=_profile, update=_change_profile, delete=_delete_profile, autonamed="name"
    ),
    "aws:sns/topic:Topic": Kind(
        create=_topic,
        delete=lambda a, i, _: a.client("sns").delete_topic(TopicArn=i),
        autonamed="name",
    ),
    "aws:sns/topicSubscription:TopicSubscription": Kind(
        create=_subscription,
        delete=lambda a, i, _: a.client("sns").unsubscribe(SubscriptionArn=i),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind(
        create=_alarm,
        delete=lambda a, i, _: a.client("cloudwatch").delete_alarms(AlarmNames=[i]),
        update=_update_alarm,
        autonamed="name",
    ),
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": Kind(
        create=_copies, update=_change_copies, replaces=_copied_tags
    ),
    "aws:route53/record:Record": Kind(
        create=_record,
        update=lambda a, _, new: _change(a, "UPSERT", new),
        delete=lambda a, _, s: _change(a, "DELETE", s),
    ),
}
