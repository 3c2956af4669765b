"""The routes `/healthz`, `/readyz` and `/metrics`."""
