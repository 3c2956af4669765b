"""The coordinators' console under `/desk`: signed in, for this site's own pages alone, whole without script."""
