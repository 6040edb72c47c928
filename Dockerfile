# The reference gateway alone: no model weights, no compiler, an ordinary user.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY harness ./harness
RUN python -m venv /opt/gateway && /opt/gateway/bin/pip install --no-cache-dir '.[gateway,otel]'

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin gateway
COPY --from=build /opt/gateway /opt/gateway
USER 10001
ENV PATH=/opt/gateway/bin:$PATH PYTHONUNBUFFERED=1 APP_HOST=0.0.0.0 APP_PORT=8080
EXPOSE 8080
# Exec form, so that SIGTERM reaches the gateway itself and it can drain.
ENTRYPOINT ["harness", "serve", "gateway"]
# The process alone: a gateway is not ill because Riva is. Behind TLS, replace it by a check of yours that knows the name.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['APP_PORT'] + '/healthz', timeout=2)"]
