"""The call sheet on paper: whom to call, in which order, with which words."""
