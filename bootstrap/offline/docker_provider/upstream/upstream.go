// Package upstream hands out the Terraform provider's constructor.
package upstream

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"

	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// New returns the Docker provider that the official Pulumi plugin bridges as well.
func New(version string) *schema.Provider { return provider.New(version)() }
