"""Credentials: keys, PINs, codes and links that open something or prove who answers, and wrong tries of them."""
