"""What opens something or proves who answers: keys, PINs, codes, links, users; and what is known of a number."""
