"""Networks, firewalls and addresses."""

from typing import Any

from testkit.fake_aws import machines
from testkit.fake_aws.account import Account, Inputs
from testkit.fake_aws.kinds import Kind


def _vpc(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    made = aws.ec2.create_vpc(
        CidrBlock=given["cidrBlock"], TagSpecifications=aws.tagged("vpc", given)
    )["Vpc"]["VpcId"]
    hostnames = {"Value": given.get("enableDnsHostnames", False)}
    aws.ec2.modify_vpc_attribute(VpcId=made, EnableDnsHostnames=hostnames)
    return made, {}


def _gateway(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    made = aws.ec2.create_internet_gateway(TagSpecifications=aws.tagged("internet-gateway", given))[
        "InternetGateway"
    ]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=given["vpcId"])
    return made, {}


def _delete_gateway(aws: Account, made: str, state: Inputs) -> None:
    aws.ec2.detach_internet_gateway(InternetGatewayId=made, VpcId=state["vpcId"])
    aws.ec2.delete_internet_gateway(InternetGatewayId=made)


def _routes(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    made = aws.ec2.create_route_table(
        VpcId=given["vpcId"], TagSpecifications=aws.tagged("route-table", given)
    )["RouteTable"]["RouteTableId"]
    for route in given["routes"]:
        aws.ec2.create_route(
            RouteTableId=made,
            DestinationCidrBlock=route["cidrBlock"],
            GatewayId=route["gatewayId"],
        )
    return made, {}


def _subnet(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    made = aws.ec2.create_subnet(
        VpcId=given["vpcId"],
        CidrBlock=given["cidrBlock"],
        AvailabilityZone=given["availabilityZone"],
        TagSpecifications=aws.tagged("subnet", given),
    )["Subnet"]["SubnetId"]
    public = {"Value": given.get("mapPublicIpOnLaunch", False)}
    aws.ec2.modify_subnet_attribute(SubnetId=made, MapPublicIpOnLaunch=public)
    return made, {}


def _association(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    made = aws.ec2.associate_route_table(
        SubnetId=given["subnetId"], RouteTableId=given["routeTableId"]
    )
    return made["AssociationId"], {}


def _default_group(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    filters = [
        {"Name": "vpc-id", "Values": [given["vpcId"]]},
        {"Name": "group-name", "Values": ["default"]},
    ]
    [group] = aws.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    for rules, revoke in (
        ("IpPermissions", aws.ec2.revoke_security_group_ingress),
        ("IpPermissionsEgress", aws.ec2.revoke_security_group_egress),
    ):
        if group[rules]:
            revoke(GroupId=group["GroupId"], IpPermissions=group[rules])
    return group["GroupId"], {}


def _group(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    made = aws.ec2.create_security_group(
        VpcId=given["vpcId"],
        GroupName=given["name"],
        Description=given["description"],
        TagSpecifications=aws.tagged("security-group", given),
    )["GroupId"]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    aws.ec2.revoke_security_group_egress(GroupId=made, IpPermissions=everything)
    return made, {}


def _permission(given: Inputs) -> list[dict[str, Any]]:
    rule: dict[str, Any] = {
        "IpProtocol": given["ipProtocol"],
        "FromPort": int(given["fromPort"]),
        "ToPort": int(given["toPort"]),
    }
    why = {"Description": given["description"]}
    if group := given.get("referencedSecurityGroupId"):
        rule["UserIdGroupPairs"] = [{"GroupId": group, **why}]
    else:
        rule["IpRanges"] = [{"CidrIp": given["cidrIpv4"], **why}]
    return [rule]


def _rule(direction: str) -> Kind:
    def create(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
        authorize = getattr(aws.ec2, f"authorize_security_group_{direction}")
        made = authorize(GroupId=given["securityGroupId"], IpPermissions=_permission(given))
        return made["SecurityGroupRules"][0]["SecurityGroupRuleId"], {}

    def delete(aws: Account, made: str, state: Inputs) -> None:
        revoke = getattr(aws.ec2, f"revoke_security_group_{direction}")
        revoke(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[made])

    return Kind(create=create, delete=delete)


def _address(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    made = aws.ec2.allocate_address(
        Domain=given["domain"],
        Address=machines.ADDRESS,
        TagSpecifications=aws.tagged("elastic-ip", given),
    )
    return made["AllocationId"], {
        "allocationId": made["AllocationId"],
        "publicIp": made["PublicIp"],
    }


def _associate(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    made = aws.ec2.associate_address(
        InstanceId=given["instanceId"], AllocationId=given["allocationId"]
    )["AssociationId"]
    machines.give_address(given["instanceId"])
    return made, {"publicIp": machines.ADDRESS}


def _disassociate(aws: Account, made: str, state: Inputs) -> None:
    aws.ec2.disassociate_address(AssociationId=made)
    machines.take_address(state["instanceId"])


def _is_associated(aws: Account, made: str, _state: Inputs) -> bool:
    filters = [{"Name": "association-id", "Values": [made]}]
    return bool(aws.ec2.describe_addresses(Filters=filters)["Addresses"])


KINDS = {
    "aws:ec2/vpc:Vpc": Kind(create=_vpc, delete=lambda a, i, _: a.ec2.delete_vpc(VpcId=i)),
    "aws:ec2/internetGateway:InternetGateway": Kind(create=_gateway, delete=_delete_gateway),
    "aws:ec2/routeTable:RouteTable": Kind(
        create=_routes, delete=lambda a, i, _: a.ec2.delete_route_table(RouteTableId=i)
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Kind(
        create=_association,
        delete=lambda a, i, _: a.ec2.disassociate_route_table(AssociationId=i),
    ),
    "aws:ec2/subnet:Subnet": Kind(
        create=_subnet, delete=lambda a, i, _: a.ec2.delete_subnet(SubnetId=i)
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Kind(create=_default_group),
    "aws:ec2/securityGroup:SecurityGroup": Kind(
        create=_group,
        delete=lambda a, i, _: a.ec2.delete_security_group(GroupId=i),
        autonamed="name",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule("ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule("egress"),
    "aws:ec2/eip:Eip": Kind(
        create=_address, delete=lambda a, i, _: a.ec2.release_address(AllocationId=i)
    ),
    "aws:ec2/eipAssociation:EipAssociation": Kind(
        create=_associate, delete=_disassociate, exists=_is_associated
    ),
}
