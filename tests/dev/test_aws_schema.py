"""The comparison of our AWS schema with the sources of the provider, on small sources."""

from dev.aws_schema import differences, of_source
from testkit.fake_aws.kinds import Schema

SDK = """
func resourceThing() *schema.Resource {
	return &schema.Resource{
		SchemaFunc: func() map[string]*schema.Schema {
			return map[string]*schema.Schema{
				names.AttrARN: {
					Type:     schema.TypeString,
					Computed: true,
				},
				names.AttrVPCID: {
					Type:     schema.TypeString,
					ForceNew: true,
				},
				"subnet_ids": {
					Type:          schema.TypeSet,
					ConflictsWith: []string{names.AttrName, "zone"},
				},
				"detail": {
					Type: schema.TypeList,
					Elem: &schema.Resource{
						Schema: map[string]*schema.Schema{
							"copy_tags": {
								ForceNew: true,
							},
						},
					},
				},
			}
		},

		CustomizeDiff: customdiff.ForceNewIf(names.AttrEngine, decide),
	}
}
"""
FRAMEWORK = """
func (r *thing) Schema(ctx context.Context, request resource.SchemaRequest) {
	response.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"cidr_ipv4": schema.StringAttribute{
				Optional: true,
			},
			names.AttrBucket: schema.StringAttribute{
				PlanModifiers: []planmodifier.String{
					stringplanmodifier.RequiresReplace(),
				},
			},
		},
	}
}

func (r *thing) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		resourcevalidator.ExactlyOneOf(
			path.MatchRoot("cidr_ipv4"),
			path.MatchRoot("cidr_ipv6"),
		),
	}
}
"""


def thing(replaces: set[str], **others: frozenset[str]) -> Schema:
    return Schema(
        source="ec2/thing.go",
        required=frozenset(),
        replaces=frozenset(replaces),
        conflicts=(frozenset({"subnetIds", "name"}), frozenset({"subnetIds", "zone"})),
        **others,
    )


def test_a_schema_of_the_older_kit_is_read() -> None:
    source = of_source(SDK)
    assert source.replaces == {"vpc_id"}
    assert source.partly == {"detail"}
    assert source.sometimes == {"engine"}
    assert source.conflicts == {("name", "subnet_id"), ("subnet_id", "zone")}


def test_a_schema_of_the_newer_kit_is_read() -> None:
    source = of_source(FRAMEWORK)
    assert source.replaces == {"bucket"}
    assert source.conflicts == {("cidr_ipv4", "cidr_ipv6")}


def test_data_that_agree_with_the_source_have_no_difference() -> None:
    # `region` belongs to every regional type, and to no file.
    same = thing(
        {"vpcId", "region"}, partly=frozenset({"details"}), sometimes=frozenset({"engine"})
    )
    assert differences(same, SDK) == []


def test_each_difference_is_a_line_that_says_where_it_is() -> None:
    assert differences(thing({"name"}, partly=frozenset({"details"})), SDK) == [
        "vpc_id: replaces only in the source",
        "name: replaces only in the data",
        "engine: replaces for some values only in the source",
    ]
