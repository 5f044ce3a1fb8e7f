"""Databases and caches that AWS runs: moto keeps the record, the real servers answer."""

from typing import Any

from testkit.fake_aws import endpoints, limits
from testkit.fake_aws.account import Account, Inputs
from testkit.fake_aws.kinds import Kind, called


def _subnets(service: str, operation: str, prefix: str) -> Kind:
    def create(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
        call = getattr(aws.client(service), f"create_{operation}")
        call(**settings(inputs), Tags=aws.tags(inputs))
        return inputs["name"], {}

    def settings(inputs: Inputs) -> Inputs:
        return {
            f"{prefix}Name": inputs["name"],
            f"{prefix}Description": inputs["description"],
            "SubnetIds": inputs["subnetIds"],
        }

    def change(aws: Account, _id: str, new: Inputs) -> None:
        if service == "elasticache":  # moto cannot: the call is checked and not sent
            _check(service, "ModifyCacheSubnetGroup", settings(new))
            return
        getattr(aws.client(service), f"modify_{operation}")(**settings(new))

    def delete(aws: Account, resource_id: str, _state: Inputs) -> None:
        if service == "elasticache":
            return  # moto cannot
        getattr(aws.client(service), f"delete_{operation}")(**{f"{prefix}Name": resource_id})

    return Kind(create=create, update=change, delete=delete, autonamed="name")


def _check(service: str, operation: str, call: Inputs) -> None:
    if refused := limits.problems(service, operation, call):
        raise ValueError("; ".join(refused))


def _parameters(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    rds = aws.client("rds")
    rds.create_db_parameter_group(
        DBParameterGroupName=inputs["name"],
        DBParameterGroupFamily=inputs["family"],
        Description=inputs["description"],
        Tags=aws.tags(inputs),
    )
    _change_parameters(aws, inputs["name"], inputs)
    return inputs["name"], {}


def _change_parameters(aws: Account, resource_id: str, inputs: Inputs) -> None:
    aws.client("rds").modify_db_parameter_group(
        DBParameterGroupName=resource_id,
        Parameters=[
            {
                "ParameterName": parameter["name"],
                "ParameterValue": parameter["value"],
                "ApplyMethod": "immediate",
            }
            for parameter in inputs["parameters"]
        ],
    )


def _changeable(inputs: Inputs) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": inputs["identifier"],
        "AllocatedStorage": int(inputs["allocatedStorage"]),
        "DBInstanceClass": inputs["instanceClass"],
        "MasterUserPassword": inputs["password"],
        "BackupRetentionPeriod": int(inputs["backupRetentionPeriod"]),
        "DeletionProtection": inputs["deletionProtection"],
        "PreferredBackupWindow": inputs["backupWindow"],
        "PreferredMaintenanceWindow": inputs["maintenanceWindow"],
        "AutoMinorVersionUpgrade": inputs["autoMinorVersionUpgrade"],
        "CopyTagsToSnapshot": inputs["copyTagsToSnapshot"],
        "MaxAllocatedStorage": int(inputs["maxAllocatedStorage"]),
        "EngineVersion": inputs["engineVersion"],
        "StorageType": inputs["storageType"],
        "VpcSecurityGroupIds": inputs["vpcSecurityGroupIds"],
        "DBParameterGroupName": inputs["parameterGroupName"],
        "PubliclyAccessible": inputs["publiclyAccessible"],
        "EnablePerformanceInsights": inputs["performanceInsightsEnabled"],
    }


def _database(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    resource_id = aws.client("rds").create_db_instance(
        **_changeable(inputs),
        Engine=inputs["engine"],
        StorageEncrypted=inputs["storageEncrypted"],
        DBName=inputs["dbName"],
        MasterUsername=inputs["username"],
        Port=int(inputs["port"]),
        DBSubnetGroupName=inputs["dbSubnetGroupName"],
        Tags=aws.tags(inputs),
    )["DBInstance"]
    endpoints.serve_database(
        inputs["identifier"],
        user=inputs["username"],
        password=inputs["password"],
        database=inputs["dbName"],
    )
    return resource_id["DbiResourceId"], {
        "address": endpoints.ADDRESS,
        "resourceId": resource_id["DbiResourceId"],
    }


def _change_database(aws: Account, _made: str, new: Inputs) -> None:
    aws.client("rds").modify_db_instance(
        **_changeable(new),
        ApplyImmediately=new["applyImmediately"],
        DBPortNumber=int(new["port"]),
    )
    endpoints.change_password(
        new["identifier"],
        user=new["username"],
        database=new["dbName"],
        password=new["password"],
    )


def _delete_database(aws: Account, _made: str, state: Inputs) -> None:
    last = {"SkipFinalSnapshot": True}
    if not state["skipFinalSnapshot"]:
        last = {"FinalDBSnapshotIdentifier": state["finalSnapshotIdentifier"]}
    aws.client("rds").delete_db_instance(DBInstanceIdentifier=state["identifier"], **last)
    endpoints.remove(state["identifier"])


def _cache(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    aws.client("elasticache").create_replication_group(
        ReplicationGroupId=inputs["replicationGroupId"],
        ReplicationGroupDescription=inputs["description"],
        Engine=inputs["engine"],
        EngineVersion=inputs["engineVersion"],
        CacheParameterGroupName=inputs["parameterGroupName"],
        CacheNodeType=inputs["nodeType"],
        NumCacheClusters=int(inputs["numCacheClusters"]),
        AutomaticFailoverEnabled=inputs["automaticFailoverEnabled"],
        CacheSubnetGroupName=inputs["subnetGroupName"],
        SecurityGroupIds=inputs["securityGroupIds"],
        AtRestEncryptionEnabled=inputs["atRestEncryptionEnabled"],
        TransitEncryptionEnabled=inputs["transitEncryptionEnabled"],
        TransitEncryptionMode=inputs["transitEncryptionMode"],
        AuthToken=inputs["authToken"],
        Port=int(inputs["port"]),
        Tags=aws.tags(inputs),
    )
    endpoints.serve_cache(inputs["replicationGroupId"], password=inputs["authToken"])
    return inputs["replicationGroupId"], {"primaryEndpointAddress": endpoints.ADDRESS}


def _change_cache(aws: Account, resource_id: str, new: Inputs) -> None:
    # moto changes none: the call is checked and not sent. The old password is gone at once here;
    # with ROTATE, AWS takes both.
    call = {
        "ReplicationGroupId": resource_id,
        "ApplyImmediately": new["applyImmediately"],
        "AuthToken": new["authToken"],
        "AuthTokenUpdateStrategy": new["authTokenUpdateStrategy"],
        "CacheNodeType": new["nodeType"],
        "CacheParameterGroupName": new["parameterGroupName"],
        "EngineVersion": new["engineVersion"],
        "SecurityGroupIds": new["securityGroupIds"],
    }
    _check("elasticache", "ModifyReplicationGroup", call)
    endpoints.remove(resource_id)
    endpoints.serve_cache(resource_id, password=new["authToken"])


def _older_cache(olds: Inputs, news: Inputs) -> set[str]:
    """An older version, and another engine than Valkey after Redis, replace a cache.

    The versions here are all new enough for `transitEncryptionEnabled` to change in place.
    """
    old, new = (_version(inputs["engineVersion"]) for inputs in (olds, news))
    engines = (olds["engine"], news["engine"])
    in_place = engines[0] == engines[1] or engines == ("redis", "valkey")
    return {*(["engineVersion"] if new < old else []), *([] if in_place else ["engine"])}


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _delete_cache(aws: Account, resource_id: str, _state: Inputs) -> None:
    aws.client("elasticache").delete_replication_group(ReplicationGroupId=resource_id)
    endpoints.remove(resource_id)


KINDS = {
    "aws:rds/subnetGroup:SubnetGroup": _subnets("rds", "db_subnet_group", "DBSubnetGroup"),
    "aws:rds/parameterGroup:ParameterGroup": Kind(
        create=_parameters,
        update=_change_parameters,
        delete=called("rds", "delete_db_parameter_group", "DBParameterGroupName"),
        autonamed="name",
    ),
    "aws:rds/instance:Instance": Kind(
        create=_database,
        delete=_delete_database,
        update=_change_database,
        autonamed="identifier",
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": _subnets(
        "elasticache", "cache_subnet_group", "CacheSubnetGroup"
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": Kind(
        create=_cache, delete=_delete_cache, update=_change_cache, replaces=_older_cache
    ),
}
