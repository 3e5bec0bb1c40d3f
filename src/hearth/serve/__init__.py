"""Offer it: the HTTP interface in OpenAI's dialect, its guards and metrics."""
