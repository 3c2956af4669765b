"""Open incidents on the console: the board, the page of each with every act on it, and raising one."""
