"""What works, degrades or fails when something is in the way."""
