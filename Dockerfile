# SPDX-License-Identifier: Apache-2.0
# The three daemons under `coffer up`, as process 1. docs/running.md says how it is meant to be run.
ARG BASE=docker.io/library/debian:12-slim

FROM ${BASE} AS build
WORKDIR /src
COPY tools/install-deps tools/packages tools/
RUN tools/install-deps build
COPY . .
RUN CPPFLAGS=-D_FORTIFY_SOURCE=2 CFLAGS=-fstack-clash-protection \
        meson setup /build --buildtype=release --strip --libexecdir=libexec/coffer -Dtests=false \
    && ninja -C /build \
    && DESTDIR=/image meson install -C /build --no-rebuild

FROM ${BASE}
RUN --mount=type=bind,source=tools,target=/tools \
    /tools/install-deps run && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && mkdir -m 0711 /data
COPY --from=build /image/usr/local/bin/ /usr/local/bin/
COPY --from=build /image/usr/local/libexec/ /usr/local/libexec/
COPY LICENSE docs/coffer.conf /usr/local/share/doc/coffer/

# For `cofferctl` inside.
ENV COFFER_ADMIN_SOCKET=/data/run/authd-admin.sock
VOLUME /data
EXPOSE 9000 8000
STOPSIGNAL SIGTERM
# The same question that a load balancer asks; it goes through all three.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["bash", "-c", "\
exec 3<>/dev/tcp/127.0.0.1/9000 && \
printf 'GET /-/health HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && \
read -r _ status _ <&3 && echo \"$status\" && [ \"$status\" = 200 ]"]
# Root, so that each daemon gets a user id of its own. First key and token go into a file of the
# volume: what is printed, a container runtime keeps in its logs.
ENTRYPOINT ["coffer", "up", "--data", "/data", "--credentials", "/data/access.json", \
            "--s3", "0.0.0.0:9000", "--rest", "0.0.0.0:8000"]
