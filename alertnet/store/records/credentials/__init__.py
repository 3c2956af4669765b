"""What opens a door or proves who answers: keys, PINs and codes, and what was tried of them."""
