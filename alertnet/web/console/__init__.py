"""The coordinators' console under `/desk`.

It needs a sign-in, accepts only forms from its own pages, and works fully without JavaScript.
"""
