"""Terraform down to the block: each has its address and its own numbers."""

from faultcast.measures import measure_functions, read

SOURCE = b"""# where logs go
resource "aws_s3_bucket" "logs" {
  for_each = toset(var.names)
  bucket   = each.key
  lifecycle_rule {
    enabled = true
    expiration { days = var.days > 30 ? 30 : var.days }
  }
  dynamic "rule" {
    for_each = [for r in var.rules : r if r.on && r.days > 0]
    content {
      id = rule.value
    }
  }
}

data "aws_ami" "ubuntu" { owners = ["self"] }
module "vpc" {
  source = "./vpc"
  count  = var.on ? 1 : 0
}
variable "region" {}
output "id" { value = module.vpc[0].id }
provider "aws" { region = var.region }
locals { a = 1 }
locals { b = 2 }
terraform { required_version = ">= 1.0" }
"""


def test_each_block_is_called_by_its_address() -> None:
    assert [block.name for block in measure_functions("main.tf", SOURCE)] == [
        "aws_s3_bucket.logs",
        "data.aws_ami.ubuntu",
        "module.vpc",
        "variable.region",
        "output.id",
        "provider.aws",
        "locals",
        "locals#2",
        "terraform",
    ]


def test_a_block_has_its_own_numbers() -> None:
    bucket, image, vpc, region, *_ = measure_functions("main.tf", SOURCE)
    assert (bucket.start_line, bucket.end_line) == (2, 15)
    assert bucket.cyclomatic == 6  # 1, ?:, dynamic, for, its if, &&
    assert bucket.cognitive == 5  # ?: 1; dynamic 1, for 2 (inside dynamic), && 1
    assert bucket.nesting == 2  # dynamic, for
    assert bucket.parameters == 6  # for_each, bucket, enabled, days, for_each, id
    assert bucket.nested_blocks == 4  # lifecycle_rule, expiration, dynamic, content
    assert (image.cyclomatic, image.parameters, image.nested_blocks) == (1, 1, 0)
    assert (vpc.cyclomatic, vpc.parameters, vpc.nested_blocks) == (2, 2, 0)
    assert (region.parameters, region.halstead_volume) != (None, None)


def test_a_change_of_one_block_changes_its_numbers_alone() -> None:
    before = {block.name: block for block in measure_functions("main.tf", SOURCE)}
    changed = SOURCE.replace(b"count  = var.on ? 1 : 0", b"count  = var.on && var.vpc ? 1 : 0")
    after = {block.name: block for block in measure_functions("main.tf", changed)}
    assert [name for name in before if before[name] != after[name]] == ["module.vpc"]
    assert after["module.vpc"].cyclomatic - before["module.vpc"].cyclomatic == 1


def test_a_comment_above_a_block_documents_it() -> None:
    found = read("main.tf", SOURCE)
    assert found is not None
    assert found.measures.docstring_share == 1 / 9
