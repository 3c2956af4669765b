"""Who is in the network, when somebody is there, and by which methods they are reached."""
