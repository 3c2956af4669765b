# One image for the web and the workers: `serve --no-worker`, `worker`, or any other command of alertnet.
FROM docker.io/library/python:3.13-slim

ENV PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --no-create-home alertnet
WORKDIR /srv/alertnet

COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

# The program looks for these folders where it runs; mount your own contact_trees over the examples.
COPY alembic.ini ./
COPY migrations migrations
COPY message_templates message_templates
# What your own folder, mounted over that one, may lack after an upgrade is taken from here.
COPY message_templates share/alertnet/message_templates
COPY contact_trees contact_trees
COPY alertnet alertnet
# A checkout may be its owner's alone. Nobody may write beside the code later, and each start would compile it anew.
RUN chmod -R a+rX . && python -m compileall -q alertnet

# Nothing below is written to, except by an SQLite database, which then needs a volume of its own.
USER alertnet
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "alertnet"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
