"""What a site needs: the connections that apply to it, the rules for them, and what changes between two sites."""
