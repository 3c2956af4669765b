"""The sandbox's telephone network: phones, texts, calls, and their faults."""
