"""The people in the network: who they are, when they are there, and by which methods they are reached."""
