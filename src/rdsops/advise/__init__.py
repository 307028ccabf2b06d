"""Judgement: rules and advisors over a snapshot. No door is opened here."""
