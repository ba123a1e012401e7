"""Search: what readers hold in their hands, a port, a host, a log line, and the facts and pages that answer it."""
