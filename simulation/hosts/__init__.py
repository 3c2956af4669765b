"""The machines of a night: processes, their clocks and threads, and the way in to them."""
