"""Pages of the dashboard: open, choose, submit, show. No computation happens here."""
