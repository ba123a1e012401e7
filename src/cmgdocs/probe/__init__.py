"""From one server of a site, whether each connection that its plan has it open comes about, and why not."""
