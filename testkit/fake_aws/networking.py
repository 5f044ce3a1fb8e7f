"""Networks, firewalls and addresses."""

from typing import Any

from testkit.fake_aws import machines
from testkit.fake_aws.account import Account, Inputs
from testkit.fake_aws.kinds import Kind


def _vpc(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    resource_id = aws.ec2.create_vpc(
        CidrBlock=inputs["cidrBlock"], TagSpecifications=aws.tagged("vpc", inputs)
    )["Vpc"]["VpcId"]
    _change_vpc(aws, resource_id, inputs)
    return resource_id, {}


def _change_vpc(aws: Account, resource_id: str, inputs: Inputs) -> None:
    hostnames = {"Value": inputs.get("enableDnsHostnames", False)}
    aws.ec2.modify_vpc_attribute(VpcId=resource_id, EnableDnsHostnames=hostnames)


def _gateway(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    resource_id = aws.ec2.create_internet_gateway(
        TagSpecifications=aws.tagged("internet-gateway", inputs)
    )["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=resource_id, VpcId=inputs["vpcId"])
    return resource_id, {}


def _move_gateway(aws: Account, resource_id: str, new: Inputs) -> None:
    [gateway] = aws.ec2.describe_internet_gateways(InternetGatewayIds=[resource_id])[
        "InternetGateways"
    ]
    for attachment in gateway["Attachments"]:
        aws.ec2.detach_internet_gateway(InternetGatewayId=resource_id, VpcId=attachment["VpcId"])
    aws.ec2.attach_internet_gateway(InternetGatewayId=resource_id, VpcId=new["vpcId"])


def _delete_gateway(aws: Account, resource_id: str, state: Inputs) -> None:
    aws.ec2.detach_internet_gateway(InternetGatewayId=resource_id, VpcId=state["vpcId"])
    aws.ec2.delete_internet_gateway(InternetGatewayId=resource_id)


def _routes(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    resource_id = aws.ec2.create_route_table(
        VpcId=inputs["vpcId"], TagSpecifications=aws.tagged("route-table", inputs)
    )["RouteTable"]["RouteTableId"]
    _add_routes(aws, resource_id, inputs)
    return resource_id, {}


def _add_routes(aws: Account, resource_id: str, inputs: Inputs) -> None:
    for route in inputs["routes"]:
        aws.ec2.create_route(
            RouteTableId=resource_id,
            DestinationCidrBlock=route["cidrBlock"],
            GatewayId=route["gatewayId"],
        )


def _change_routes(aws: Account, resource_id: str, new: Inputs) -> None:
    [table] = aws.ec2.describe_route_tables(RouteTableIds=[resource_id])["RouteTables"]
    for route in table["Routes"]:
        if route.get("GatewayId") != "local":
            aws.ec2.delete_route(
                RouteTableId=resource_id, DestinationCidrBlock=route["DestinationCidrBlock"]
            )
    _add_routes(aws, resource_id, new)


def _subnet(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    resource_id = aws.ec2.create_subnet(
        VpcId=inputs["vpcId"],
        CidrBlock=inputs["cidrBlock"],
        AvailabilityZone=inputs["availabilityZone"],
        TagSpecifications=aws.tagged("subnet", inputs),
    )["Subnet"]["SubnetId"]
    _change_subnet(aws, resource_id, inputs)
    return resource_id, {}


def _change_subnet(aws: Account, resource_id: str, inputs: Inputs) -> None:
    public = {"Value": inputs.get("mapPublicIpOnLaunch", False)}
    aws.ec2.modify_subnet_attribute(SubnetId=resource_id, MapPublicIpOnLaunch=public)


def _association(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    resource_id = aws.ec2.associate_route_table(
        SubnetId=inputs["subnetId"], RouteTableId=inputs["routeTableId"]
    )
    return resource_id["AssociationId"], {}


def _default_group(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    filters = [
        {"Name": "vpc-id", "Values": [inputs["vpcId"]]},
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


def _group(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    resource_id = aws.ec2.create_security_group(
        VpcId=inputs["vpcId"],
        GroupName=inputs["name"],
        Description=inputs["description"],
        TagSpecifications=aws.tagged("security-group", inputs),
    )["GroupId"]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    aws.ec2.revoke_security_group_egress(GroupId=resource_id, IpPermissions=everything)
    return resource_id, {}


def _permission(inputs: Inputs) -> list[dict[str, Any]]:
    rule: dict[str, Any] = {
        "IpProtocol": inputs["ipProtocol"],
        "FromPort": int(inputs["fromPort"]),
        "ToPort": int(inputs["toPort"]),
    }
    why = {"Description": inputs["description"]}
    if group := inputs.get("referencedSecurityGroupId"):
        rule["UserIdGroupPairs"] = [{"GroupId": group, **why}]
    else:
        rule["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"], **why}]
    return [rule]


def _rule(direction: str) -> Kind:
    def create(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
        authorize = getattr(aws.ec2, f"authorize_security_group_{direction}")
        resource_id = authorize(
            GroupId=inputs["securityGroupId"], IpPermissions=_permission(inputs)
        )
        return resource_id["SecurityGroupRules"][0]["SecurityGroupRuleId"], {}

    def delete(aws: Account, resource_id: str, state: Inputs) -> None:
        revoke = getattr(aws.ec2, f"revoke_security_group_{direction}")
        revoke(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[resource_id])

    return Kind(create=create, delete=delete, update=_change_rule)


def _change_rule(aws: Account, resource_id: str, new: Inputs) -> None:
    rule = {
        "IpProtocol": new["ipProtocol"],
        "FromPort": int(new["fromPort"]),
        "ToPort": int(new["toPort"]),
        "Description": new["description"],
    }
    if group := new.get("referencedSecurityGroupId"):
        rule["ReferencedGroupId"] = group
    else:
        rule["CidrIpv4"] = new["cidrIpv4"]
    aws.ec2.modify_security_group_rules(
        GroupId=new["securityGroupId"],
        SecurityGroupRules=[{"SecurityGroupRuleId": resource_id, "SecurityGroupRule": rule}],
    )


def _address(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    resource_id = aws.ec2.allocate_address(
        Domain=inputs["domain"],
        Address=machines.ADDRESS,
        TagSpecifications=aws.tagged("elastic-ip", inputs),
    )
    return resource_id["AllocationId"], {
        "allocationId": resource_id["AllocationId"],
        "publicIp": resource_id["PublicIp"],
    }


def _associate(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    resource_id = aws.ec2.associate_address(
        InstanceId=inputs["instanceId"], AllocationId=inputs["allocationId"]
    )["AssociationId"]
    machines.give_address(inputs["instanceId"])
    return resource_id, {"publicIp": machines.ADDRESS}


def _disassociate(aws: Account, resource_id: str, state: Inputs) -> None:
    aws.ec2.disassociate_address(AssociationId=resource_id)
    machines.take_address(state["instanceId"])


def _is_associated(aws: Account, resource_id: str, _state: Inputs) -> bool:
    filters = [{"Name": "association-id", "Values": [resource_id]}]
    return bool(aws.ec2.describe_addresses(Filters=filters)["Addresses"])


KINDS = {
    "aws:ec2/vpc:Vpc": Kind(
        create=_vpc, update=_change_vpc, delete=lambda a, i, _: a.ec2.delete_vpc(VpcId=i)
    ),
    "aws:ec2/internetGateway:InternetGateway": Kind(
        create=_gateway, update=_move_gateway, delete=_delete_gateway
    ),
    "aws:ec2/routeTable:RouteTable": Kind(
        create=_routes,
        update=_change_routes,
        delete=lambda a, i, _: a.ec2.delete_route_table(RouteTableId=i),
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Kind(
        create=_association,
        delete=lambda a, i, _: a.ec2.disassociate_route_table(AssociationId=i),
    ),
    "aws:ec2/subnet:Subnet": Kind(
        create=_subnet,
        update=_change_subnet,
        delete=lambda a, i, _: a.ec2.delete_subnet(SubnetId=i),
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
