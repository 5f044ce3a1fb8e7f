"""Roles, alarms, DNS records and snapshots."""

import uuid
from typing import Any

import botocore.session
from botocore.validate import validate_parameters

from testkit.fake_aws.account import Account, Inputs
from testkit.fake_aws.kinds import Kind, put_again


def _role(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    role = aws.client("iam").create_role(
        RoleName=given["name"],
        AssumeRolePolicyDocument=given["assumeRolePolicy"],
        Tags=aws.tags(given),
    )["Role"]
    return given["name"], {"arn": role["Arn"]}


def _role_policy(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    aws.client("iam").put_role_policy(
        RoleName=given["role"], PolicyName=given["name"], PolicyDocument=given["policy"]
    )
    return f"{given['role']}:{given['name']}", {}


def _attached(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    aws.client("iam").attach_role_policy(RoleName=given["role"], PolicyArn=given["policyArn"])
    return f"{given['role']}-{given['policyArn']}", {}


def _profile(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    iam = aws.client("iam")
    iam.create_instance_profile(InstanceProfileName=given["name"], Tags=aws.tags(given))
    iam.add_role_to_instance_profile(InstanceProfileName=given["name"], RoleName=given["role"])
    return given["name"], {}


def _delete_profile(aws: Account, made: str, state: Inputs) -> None:
    iam = aws.client("iam")
    iam.remove_role_from_instance_profile(InstanceProfileName=made, RoleName=state["role"])
    iam.delete_instance_profile(InstanceProfileName=made)


def _topic(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    arn = aws.client("sns").create_topic(Name=given["name"], Tags=aws.tags(given))["TopicArn"]
    return arn, {"arn": arn}


def _subscription(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    made = aws.client("sns").subscribe(
        TopicArn=given["topic"], Protocol=given["protocol"], Endpoint=given["endpoint"]
    )
    return made["SubscriptionArn"], {}


def _alarm(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=given["name"],
        Namespace=given["namespace"],
        MetricName=given["metricName"],
        Statistic=given["statistic"],
        Period=int(given["period"]),
        EvaluationPeriods=int(given["evaluationPeriods"]),
        Threshold=float(given["threshold"]),
        ComparisonOperator=given["comparisonOperator"],
        AlarmActions=given["alarmActions"],
        OKActions=given["okActions"],
        Dimensions=[{"Name": k, "Value": v} for k, v in given["dimensions"].items()],
        TreatMissingData=given.get("treatMissingData", "missing"),
        Tags=aws.tags(given),
    )
    return given["name"], {}


def _update_alarm(aws: Account, made: str, new: Inputs) -> None:
    _alarm(aws, {**new, "name": made})


def _copies(_aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    # moto has no Data Lifecycle Manager: the call is checked as botocore would, and not sent.
    details = given["policyDetails"]
    schedules = [
        {
            "Name": each["name"],
            "CopyTags": each["copyTags"],
            "CreateRule": {
                "Interval": int(each["createRule"]["interval"]),
                "IntervalUnit": each["createRule"]["intervalUnit"],
                "Times": [each["createRule"]["times"]],
            },
            "RetainRule": {"Count": int(each["retainRule"]["count"])},
        }
        for each in details["schedules"]
    ]
    call = {
        "ExecutionRoleArn": given["executionRoleArn"],
        "Description": given["description"],
        "State": given["state"],
        "PolicyDetails": {
            "ResourceTypes": details["resourceTypes"],
            "TargetTags": [{"Key": k, "Value": v} for k, v in details["targetTags"].items()],
            "Schedules": schedules,
        },
    }
    model = botocore.session.get_session().get_service_model("dlm")
    validate_parameters(call, model.operation_model("CreateLifecyclePolicy").input_shape)
    return f"policy-{uuid.uuid4().hex[:17]}", {}


def _record(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    # As the provider: a record that is there is only taken over where it may be.
    _change(aws, "UPSERT" if given.get("allowOverwrite") else "CREATE", given)
    return f"{given['zoneId']}_{given['name']}_{given['type']}", {"fqdn": given["name"]}


def _change(aws: Account, action: str, given: Inputs) -> None:
    record = {
        "Name": given["name"],
        "Type": given["type"],
        "TTL": int(given["ttl"]),
        "ResourceRecords": [{"Value": value} for value in given["records"]],
    }
    aws.client("route53").change_resource_record_sets(
        HostedZoneId=given["zoneId"],
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
        create=_profile, delete=_delete_profile, autonamed="name"
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
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": Kind(create=_copies),
    "aws:route53/record:Record": Kind(
        create=_record,
        update=lambda a, _, new: _change(a, "UPSERT", new),
        delete=lambda a, _, s: _change(a, "DELETE", s),
    ),
}
