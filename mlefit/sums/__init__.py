"""What adds up over rows: commutative monoids, merged in a fixed tree."""
