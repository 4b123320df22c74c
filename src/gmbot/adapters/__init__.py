"""What the gate needs of the world, on real things; adapters decide nothing and do not know each other."""
