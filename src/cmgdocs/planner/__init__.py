"""The planner of the site: what its page may show, worked out here; the page's script only filters and substitutes."""
