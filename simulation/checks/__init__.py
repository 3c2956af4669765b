"""What is checked in each night: the promises, punctuality, how it ends."""
