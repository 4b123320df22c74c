"""The use cases of GMBot, and what they need of the world."""
