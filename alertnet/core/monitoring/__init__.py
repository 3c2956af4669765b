"""What is watched and looked back on: the program itself, figures of past incidents, drills, how long data is kept."""
