"""Idioms of the shop's Terraform. Each unit is one resource, its passages are nested blocks that its kind allows."""

from faultcast.demo.vocabulary import Idiom

IDIOMS: tuple[Idiom, ...] = (
    Idiom(
        "network",
        """
ingress {
    description = "@noun @field"
    from_port = <<8443|443>>
    to_port = <<443|8443>>
    protocol = "tcp"
    cidr_blocks = ["10.@n.@n.0/<<24|16>>"]
}
""",
        within="aws_security_group",
    ),
    Idiom(
        "network",
        """
egress {
    description = "@noun @field out"
    from_port = <<5432|6379>>
    to_port = <<5432|6379>>
    protocol = "<<tcp|udp>>"
    cidr_blocks = ["10.@n.0.0/<<16|20>>"]
}
""",
        within="aws_security_group",
    ),
    Idiom(
        "caching",
        """
parameter {
    name = "@noun-@field-ttl"
    value = "<<@n|@big>>"
}
""",
        within="aws_elasticache_parameter_group",
    ),
    Idiom(
        "storage",
        """
rule {
    id = "@noun-@field"
    status = "<<Enabled|Disabled>>"
    expiration {
        days = <<@n|@big>>
    }
}
""",
        within="aws_s3_bucket_lifecycle_configuration",
    ),
    Idiom(
        "plain",
        """
tag {
    key = "@noun-@field"
    value = "<<shop|storefront>>"
    propagate_at_launch = <<true|false>>
}
""",
        within="aws_autoscaling_group",
    ),
)

HEADS: tuple[str, ...] = (
    """
resource "aws_security_group" "@verb_@noun_@field" {
    name = "shop-@noun-@field"
    vpc_id = aws_vpc.shop.id
""",
    """
resource "aws_elasticache_parameter_group" "@verb_@noun_@field" {
    name = "shop-@noun-@field"
    family = "<<redis6.x|redis7>>"
""",
    """
resource "aws_s3_bucket_lifecycle_configuration" "@verb_@noun_@field" {
    bucket = aws_s3_bucket.@noun.id
""",
    """
resource "aws_autoscaling_group" "@verb_@noun_@field" {
    name = "shop-@noun-@field"
    min_size = <<@n|@big>>
    max_size = 2@big
""",
)
TAILS: tuple[str, ...] = ("\n}\n",)
PREAMBLE = "# @Noun infrastructure of the shop\n"
