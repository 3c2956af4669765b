"""What proves who somebody is: written codes, PINs, page links, known numbers, passkeys (A6)."""
