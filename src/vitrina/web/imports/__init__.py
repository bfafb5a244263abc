"""Files of rows that clients send: as the body of a request, or on a page."""
