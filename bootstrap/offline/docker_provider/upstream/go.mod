// Lies below the upstream module's path, because only there Go lets its internal package be seen.
module github.com/terraform-providers/terraform-provider-docker/upstream

go 1.25.11

require (
	github.com/hashicorp/terraform-plugin-sdk/v2 v2.40.1
	github.com/terraform-providers/terraform-provider-docker v0.0.0
)
