#include "transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { RESPONSE_TIMEOUT_MS = 2000 };

static int connect_to(int port) {
    int connection = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    if (connection >= DESCRIPTORS_MAX) give_up("there are too many open descriptors");
    int on = 1;
    check(setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    // So that ends leave no ports behind that wait.
    struct linger linger = {.l_onoff = 1};
    check(setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), "SO_LINGER");
    check(connect(connection, loopback(port), LOOPBACK_BYTES), "connect");
    return connection;
}

static void add(const struct client *client, int poller, int port) {
    int connection = connect_to(port);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = connection};
    check(epoll_ctl(poller, EPOLL_CTL_ADD, connection, &event), "epoll_ctl");
    client->begin(connection);
}

// Runs the closed loop for `seconds`; a connection asks again as soon as it was answered.
static struct counts run(const struct client *client, int poller, int port, double seconds) {
    struct counts counts = {0};
    uint64_t deadline = nanoseconds(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9);
    while (nanoseconds(CLOCK_MONOTONIC) < deadline) {
        struct epoll_event events[EVENTS_PER_WAIT];
        counts.epoll_wait++;
        int ready = epoll_wait(poller, events, EVENTS_PER_WAIT, RESPONSE_TIMEOUT_MS);
        if (ready < 0 && errno != EINTR) fail("epoll_wait");
        if (ready == 0) give_up("no answer for two seconds");
        for (int i = 0; i < ready; i++) {
            if (client->take(events[i].data.fd, &counts)) add(client, poller, port);
        }
    }
    return counts;
}

void drive(const struct options *options) {
    static const struct client *const clients[] = {
        [HTTP1] = &http1_client, [HTTP2] = &http2_client, [WEBSOCKET] = &websocket_client};
    const struct client *client = clients[options->protocol];
    if (options->tls) transport = &tls;
    transport->prepare(options, 0);
    client->prepare(options);
    int poller = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    for (int i = 0; i < options->connections; i++) add(client, poller, options->port);

    run(client, poller, options->port, options->warmup);
    uint64_t start = nanoseconds(CLOCK_MONOTONIC), cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    struct counts counts = run(client, poller, options->port, options->seconds);
    cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    double seconds = (nanoseconds(CLOCK_MONOTONIC) - start) / 1e9;

    if (options->json) {
        printf("{\"requests\":%lu,\"seconds\":%.6f,\"cpu_ns\":%lu,\"bytes\":%lu,"
               "\"response_bytes\":%d,"
               "\"syscalls\":{\"epoll_wait\":%lu,\"recv\":%lu,\"send\":%lu}}\n",
               counts.requests, seconds, cpu, counts.bytes, client->response_bytes(),
               counts.epoll_wait, counts.recv, counts.send);
    } else {
        printf("%lu requests in %.2f s: %.0f a second, %.0f a second of CPU, %.2f syscalls each\n",
               counts.requests, seconds, counts.requests / seconds, counts.requests / (cpu / 1e9),
               (double)(counts.epoll_wait + counts.recv + counts.send) / counts.requests);
    }
}
