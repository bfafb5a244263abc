"""Headers of pages that must not be shown inside another site's page."""

UNFRAMED = {"Content-Security-Policy": "frame-ancestors 'none'", "X-Frame-Options": "DENY"}
