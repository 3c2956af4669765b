"""What comes back by mail: answers to our mails, and those that bounced."""
