"""What is written and spoken: templates in, messages out, in the language of whoever hears; never whether or when."""
