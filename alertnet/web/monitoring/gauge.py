"""A metric that goes up and down."""

from prometheus_client.core import GaugeMetricFamily


def gauge(name: str, help: str, *labels: str) -> GaugeMetricFamily:
    """A gauge that is counted as a whole at each request."""
    return GaugeMetricFamily(name, help, labels=labels)
