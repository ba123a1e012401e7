"""One site: its hosts, the keys of its file, and reading them with every fault at once."""
