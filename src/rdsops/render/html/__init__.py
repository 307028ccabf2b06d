"""The review as one self-contained HTML page."""

from rdsops.render.html.page import review_html

__all__ = ["review_html"]
