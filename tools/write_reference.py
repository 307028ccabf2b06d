"""Write the generated pages of docs/reference: the rules, the JSON schemas, the coverage of the lab."""

from __future__ import annotations

import json
from pathlib import Path

from rdsops.advise.book import RULES
from rdsops.advise.review import references
from rdsops.app.facts import packaged_facts
from rdsops.render.explain import rule_page
from rdsops.render.review_json import review_schema

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"


def main() -> None:
    facts = packaged_facts()
    (REFERENCE / "rules.md").write_text(rule_page(RULES, {rule.id: references(rule, facts) for rule in RULES}))
    (REFERENCE / "review.schema.json").write_text(json.dumps(review_schema(), indent=2) + "\n")


if __name__ == "__main__":
    main()
