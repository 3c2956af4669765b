"""Answers by mail, and mails of ours that come back: who writes them, and the mailbox from which we read them."""
