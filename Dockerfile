# Portvagt as a container: built by the same steps as ./dev, run as a user that owns nothing but the data folder.
# Build:  docker build -t portvagt .
# Run:    docker run -p 8080:8080 -v portvagt-data:/var/lib/portvagt -v /etc/portvagt:/etc/portvagt:ro portvagt
#
# The user in it is number 10001: the files in /etc/portvagt must be readable by it (chown root:10001, chmod 640).
# The configuration there must let the port be reached: http.bind = "0.0.0.0:8080", with a TLS proxy in front.

FROM debian:12-slim AS front
RUN apt-get update && apt-get install -y --no-install-recommends nodejs npm ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /build/static
COPY static/package.json static/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY static ./
COPY templates ../templates
RUN node build.mjs

FROM rust:1-bookworm AS server
RUN apt-get update && apt-get install -y --no-install-recommends build-essential perl cmake pkg-config && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
COPY --from=front /build/static/dist static/dist
RUN cargo build --locked --release && install -D target/release/portvagt /out/portvagt

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/portvagt --create-home --shell /usr/sbin/nologin portvagt
COPY --from=server /out/portvagt /usr/local/bin/portvagt
USER 10001
WORKDIR /var/lib/portvagt
VOLUME /var/lib/portvagt
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["portvagt"]
CMD ["serve"]
