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
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="sluice" \
      org.opencontainers.image.description="WebSocket gateway to Apache Kafka for browsers and IoT devices" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY public ./public
COPY LICENSE ./

# A missing KAFKA_BROKERS must not ack production data into memory.
ENV SLUICE_EMBEDDED_MODE=never \
    HOST=0.0.0.0 \
    PORT=8080
EXPOSE 8080
# By number, so that an orchestrator can see that it is not root: this is the base image's user "node".
USER 1000:1000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SLUICE_PORT ?? process.env.PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# In exec form: signals reach node itself.
ENTRYPOINT ["node", "dist/main.js"]
