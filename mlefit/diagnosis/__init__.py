"""What is wrong, in words that a user can act on."""
