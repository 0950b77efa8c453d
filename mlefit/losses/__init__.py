"""A loss that a user wrote, as mathematics: how it grows, where it bends, whether it is convex, and its normaliser."""
