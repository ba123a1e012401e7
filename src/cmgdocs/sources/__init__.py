"""What the sources print today, held against what the facts say that they print."""
