"""The words of GMBot as frozen values, and the pure functions that decide with them."""
