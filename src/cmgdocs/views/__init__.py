"""What is shown: tables, diagrams and sentences as plain data, made from a system by pure functions."""
