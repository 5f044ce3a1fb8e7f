"""Databases and caches that AWS runs: moto keeps the record, the real servers answer."""

from typing import Any

from testkit.fake_aws import endpoints, limits
from testkit.fake_aws.account import Account, Inputs
from testkit.fake_aws.kinds import Kind, called


def _subnets(service: str, operation: str, prefix: str) -> Kind:
    def create(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
        call = getattr(aws.client(service), f"create_{operation}")
        call(
            **{
                f"{prefix}Name": given["name"],
                f"{prefix}Description": given["description"],
                "SubnetIds": given["subnetIds"],
                "Tags": aws.tags(given),
            }
        )
        return given["name"], {}

    def delete(aws: Account, made: str, _state: Inputs) -> None:
        if service == "elasticache":
            return  # moto cannot
        getattr(aws.client(service), f"delete_{operation}")(**{f"{prefix}Name": made})

    return Kind(create=create, delete=delete, autonamed="name")


def _parameters(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    rds = aws.client("rds")
    rds.create_db_parameter_group(
        DBParameterGroupName=given["name"],
        DBParameterGroupFamily=given["family"],
        Description=given["description"],
        Tags=aws.tags(given),
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName=given["name"],
        Parameters=[
            {
                "ParameterName": each["name"],
                "ParameterValue": each["value"],
                "ApplyMethod": "immediate",
            }
            for each in given["parameters"]
        ],
    )
    return given["name"], {}


def _changeable(given: Inputs) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": given["identifier"],
        "AllocatedStorage": int(given["allocatedStorage"]),
        "DBInstanceClass": given["instanceClass"],
        "MasterUserPassword": given["password"],
        "BackupRetentionPeriod": int(given["backupRetentionPeriod"]),
        "DeletionProtection": given["deletionProtection"],
        "PreferredBackupWindow": given["backupWindow"],
        "PreferredMaintenanceWindow": given["maintenanceWindow"],
        "AutoMinorVersionUpgrade": given["autoMinorVersionUpgrade"],
        "CopyTagsToSnapshot": given["copyTagsToSnapshot"],
        "MaxAllocatedStorage": int(given["maxAllocatedStorage"]),
    }


def _database(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    made = aws.client("rds").create_db_instance(
        **_changeable(given),
        Engine=given["engine"],
        EngineVersion=given["engineVersion"],
        StorageType=given["storageType"],
        StorageEncrypted=given["storageEncrypted"],
        DBName=given["dbName"],
        MasterUsername=given["username"],
        Port=int(given["port"]),
        DBSubnetGroupName=given["dbSubnetGroupName"],
        VpcSecurityGroupIds=given["vpcSecurityGroupIds"],
        DBParameterGroupName=given["parameterGroupName"],
        PubliclyAccessible=given["publiclyAccessible"],
        Tags=aws.tags(given),
    )["DBInstance"]
    endpoints.serve_database(
        given["identifier"],
        user=given["username"],
        password=given["password"],
        database=given["dbName"],
    )
    return made["DbiResourceId"], {
        "address": endpoints.ADDRESS,
        "resourceId": made["DbiResourceId"],
    }


def _change_database(aws: Account, _made: str, new: Inputs) -> None:
    aws.client("rds").modify_db_instance(
        **_changeable(new), ApplyImmediately=new["applyImmediately"]
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


def _cache(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    aws.client("elasticache").create_replication_group(
        ReplicationGroupId=given["replicationGroupId"],
        ReplicationGroupDescription=given["description"],
        Engine=given["engine"],
        EngineVersion=given["engineVersion"],
        CacheParameterGroupName=given["parameterGroupName"],
        CacheNodeType=given["nodeType"],
        NumCacheClusters=int(given["numCacheClusters"]),
        AutomaticFailoverEnabled=given["automaticFailoverEnabled"],
        CacheSubnetGroupName=given["subnetGroupName"],
        SecurityGroupIds=given["securityGroupIds"],
        AtRestEncryptionEnabled=given["atRestEncryptionEnabled"],
        TransitEncryptionEnabled=given["transitEncryptionEnabled"],
        TransitEncryptionMode=given["transitEncryptionMode"],
        AuthToken=given["authToken"],
        Port=int(given["port"]),
        Tags=aws.tags(given),
    )
    endpoints.serve_cache(given["replicationGroupId"], password=given["authToken"])
    return given["replicationGroupId"], {"primaryEndpointAddress": endpoints.ADDRESS}


def _change_cache(aws: Account, made: str, new: Inputs) -> None:
    # moto changes none: the call is checked and not sent. The old password is gone at once here;
    # with ROTATE, AWS takes both.
    call = {
        "ReplicationGroupId": made,
        "ApplyImmediately": new["applyImmediately"],
        "AuthToken": new["authToken"],
        "AuthTokenUpdateStrategy": new["authTokenUpdateStrategy"],
        "CacheNodeType": new["nodeType"],
    }
    if refused := limits.problems("elasticache", "ModifyReplicationGroup", call):
        raise ValueError("; ".join(refused))
    endpoints.remove(made)
    endpoints.serve_cache(made, password=new["authToken"])


def _delete_cache(aws: Account, made: str, _state: Inputs) -> None:
    aws.client("elasticache").delete_replication_group(ReplicationGroupId=made)
    endpoints.remove(made)


KINDS = {
    "aws:rds/subnetGroup:SubnetGroup": _subnets("rds", "db_subnet_group", "DBSubnetGroup"),
    "aws:rds/parameterGroup:ParameterGroup": Kind(
        create=_parameters,
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
        create=_cache, delete=_delete_cache, update=_change_cache
    ),
}
