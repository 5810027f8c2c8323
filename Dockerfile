# Two stages: the first installs the locked packages into a virtual environment, the second holds that environment and nothing to build with.
# pip's own settings reach the build as build arguments where a mirror is needed: docker build --build-arg PIP_INDEX_URL=...

FROM python:3.11-slim-bookworm AS builder
ARG PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/infusion-monitor
COPY requirements.lock ./
RUN /opt/infusion-monitor/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY schemas ./schemas
COPY monitor ./monitor
COPY dashboard ./dashboard
COPY simulators ./simulators
RUN /opt/infusion-monitor/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Infusion Monitor" \
      org.opencontainers.image.description="Secondary display and record of ketamine infusions. Not a medical device." \
      org.opencontainers.image.licenses="Apache-2.0"
# The data folder exists in the image, so that a new volume takes over its owner and mode.
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin infusion \
    && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=builder /opt/infusion-monitor /opt/infusion-monitor
# Nothing is written but /data and /tmp: the root file system may be read-only.
ENV PATH=/opt/infusion-monitor/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    INFUSION_DATA_DIR=/data \
    INFUSION_HOST=0.0.0.0 \
    INFUSION_PORT=8050
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8050
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f\"http://127.0.0.1:{os.environ['INFUSION_PORT']}/healthz\", timeout=2)"]
ENTRYPOINT ["infusion-monitor"]
CMD ["serve"]
