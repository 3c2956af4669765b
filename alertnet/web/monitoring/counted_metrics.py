"""The counters and histograms that all processes have counted together, as Prometheus reads them."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from alertnet.core.monitoring.metrics import ALL, SUM, Key, Series


def as_metrics(counted: Mapping[Key, float]) -> Iterator[Metric]:
    """Each series, also where nothing was counted yet; what a later version counts is not known here."""
    for series in ALL:
        of_series = {labels: number for (name, labels), number in counted.items() if name == series.name}
        yield _histogram(series, of_series) if series.bounds else _counter(series, of_series)


def _counter(series: Series, counted: Mapping[tuple[str, ...], float]) -> Metric:
    family = CounterMetricFamily(series.name, series.help, labels=series.labels)
    for labels, number in sorted(counted.items()):
        family.add_metric(labels, number)
    return family


def _histogram(series: Series, counted: Mapping[tuple[str, ...], float]) -> Metric:
    family = HistogramMetricFamily(series.name, series.help, labels=series.labels)
    for labels in sorted({each[:-1] for each in counted}) or ([()] if not series.labels else []):
        buckets, sofar = [], 0.0
        for bound in (*map(str, series.bounds), "+Inf"):
            sofar += counted.get((*labels, bound), 0.0)
            buckets.append((bound, sofar))
        family.add_metric(labels, buckets, sum_value=counted.get((*labels, SUM), 0.0))
    return family
