# The gateway as an image. It refuses to start until KAFKA_BROKERS names a Kafka:
#   docker run -p 8080:8080 -e KAFKA_BROKERS=kafka:9092 sluice
# To try it out without one, and without logging in:
#   docker run -p 8080:8080 -e SLUICE_EMBEDDED_MODE=always -e SLUICE_AUTH_ANONYMOUS=always sluice

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json LICENSE ./
COPY src ./src
COPY release ./release
RUN npm run build && npm run sbom && npm prune --omit=dev

# Node, what it and the native modules load, and names for users: no shell, no package manager, nothing to write on.
FROM node:24-bookworm-slim AS bare
COPY --from=build /app/node_modules /app/node_modules
RUN mkdir -p /bare/etc /bare/tmp && chmod 1777 /bare/tmp \
  && cp --parents /usr/local/bin/node /bare \
  && { ldd /usr/local/bin/node; find /app/node_modules -name '*.node' -exec ldd {} +; } \
    | grep -o '/[^ ]*\.so[^ ]*' | sort -u | while read -r library; do \
      case "$library" in /app/*) ;; *) cp --parents --dereference --no-clobber "$library" /bare ;; esac; done \
  && printf 'root:x:0:0::/:/nothing\nnode:x:1000:1000::/app:/nothing\n' > /bare/etc/passwd \
  && printf 'root:x:0:\nnode:x:1000:\n' > /bare/etc/group \
  && printf 'hosts: files dns\n' > /bare/etc/nsswitch.conf

FROM scratch
LABEL org.opencontainers.image.title="sluice" \
      org.opencontainers.image.description="WebSocket gateway to Apache Kafka for browsers and IoT devices" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=bare /bare /
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY public ./public
COPY LICENSE ./

# A missing KAFKA_BROKERS must not ack production data into memory.
ENV PATH=/usr/local/bin \
    SLUICE_EMBEDDED_MODE=never \
    HOST=0.0.0.0 \
    PORT=8080
EXPOSE 8080
# By number, so that an orchestrator can see that it is not root.
USER 1000:1000
# It asks itself, so that there is no certificate to doubt. Where the server wants one of every client, switch this off.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "require(process.env.SLUICE_TLS_CERT_FILE ? 'node:https' : 'node:http').get({ host: '127.0.0.1', port: process.env.SLUICE_PORT ?? process.env.PORT, path: '/healthz', rejectUnauthorized: false }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# In exec form: signals reach node itself.
ENTRYPOINT ["node", "dist/main.js"]
