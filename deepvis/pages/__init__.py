"""The HTML pages that the package writes: one template a page, filled by jinja2."""
