# The image: FROM scratch, with Node, the libraries that it needs, and the bundle; no shell and no package manager.
#   docker build -t ecr-courier .
# For amd64 and arm64 at once: docker buildx build --platform linux/amd64,linux/arm64 .
# A release pins the base by digest as well, so that the same sources come to the same files:
#   docker buildx imagetools inspect node:24.21.0-bookworm-slim --format '{{.Manifest.Digest}}'
#   docker build --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:... .
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# Without scripts: the one of the package `node` would fetch another Node, which no lock file vouches for.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build \
 && sh deploy/image/rootfs.sh "$(command -v node)" dist /rootfs \
 && cp LICENSE /rootfs/usr/lib/ecr-courier/ \
 && cp /usr/local/LICENSE /rootfs/usr/lib/ecr-courier/LICENSE.node

FROM scratch
COPY --from=build /rootfs /
# A number: Kubernetes can tell only then that it is not root. Any other will do as well.
USER 65532:65532
ENV ECR_COURIER_LISTEN=0.0.0.0:8080
EXPOSE 8080
# Nobody opens a debugger by a signal. What V8 is told about memory, the program tells it itself.
ENTRYPOINT ["/usr/bin/node", "--disable-sigusr1", "/usr/lib/ecr-courier/ecr-courier.js"]
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 CMD ["/usr/bin/ecr-courier", "healthcheck"]
# Ends within 8 s by itself.
STOPSIGNAL SIGTERM
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ecr-courier" \
      org.opencontainers.image.description="Keeps container managers logged in to Amazon ECR" \
      org.opencontainers.image.source="https://github.com/ecr-courier/ecr-courier" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
