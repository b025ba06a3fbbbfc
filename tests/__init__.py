"""The tests of Callboard, and the private servers that some of them need."""
