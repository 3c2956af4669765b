"""The sandbox's telephone network: handsets, texts, calls, and what can go wrong with them."""
