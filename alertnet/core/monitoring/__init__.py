"""What is wrong with ourselves, by what was observed; and what is counted for those who keep watch."""
