# Fennel in a container. One image runs every process: the command says which.
#   docker build --target cpu -t fennel .        docker build --target gpu -t fennel:gpu .
FROM python:3.11-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PROMETHEUS_MULTIPROC_DIR=/srv/fennel/data/metrics FENNEL_WEB__HOST=0.0.0.0
# git reads `index.sources[].git`. Debian keeps one version of a package at a time, so none is pinned.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends git openssh-client ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin fennel
WORKDIR /srv/fennel
RUN mkdir -p data/metrics && chown -R fennel:fennel /srv/fennel
ARG PIP_INDEX_URL
# Packages that a setting asks for: --build-arg EXTRAS="ddgs"; bot/config/extras.py has the list.
ARG EXTRAS=""
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "deploy/healthcheck.py"]

FROM base AS gpu
COPY requirements.txt ./
RUN pip install -r requirements.txt $EXTRAS
COPY --chown=fennel:fennel . .
# By its number, which Kubernetes' runAsNonRoot can tell from root's.
USER 10001
CMD ["python", "-m", "worker"]

FROM base AS cpu
COPY requirements-cpu.txt requirements-dev.txt ./
RUN pip install -r requirements-cpu.txt -c requirements-dev.txt $EXTRAS
COPY --chown=fennel:fennel . .
USER 10001
CMD ["python", "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"]
