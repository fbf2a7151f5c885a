#include "floor.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { RESPONSE_TIMEOUT_MS = 2000, DESCRIPTORS_MAX = CONNECTIONS_MAX + 64 };

static char request[1024];
static int request_bytes;
static int response_bytes;

// What is still to come of the response each connection waits for, by descriptor.
static int outstanding[DESCRIPTORS_MAX];

_Noreturn static void give_up(const char *why) {
    fprintf(stderr, "switchyard-floor: %s\n", why);
    exit(1);
}

static void ask(int connection) {
    if (send(connection, request, request_bytes, MSG_NOSIGNAL) != request_bytes) fail("send");
}

// Learns the length of the one response that all others must equal, and that it is a whole 200.
static void learn(int connection) {
    char head[BUFFER_BYTES];
    int count = 0;
    ask(connection);
    for (;;) {
        int added = check(recv(connection, head + count, sizeof head - 1 - count, 0), "recv");
        if (added == 0) give_up("the server closed, or its answer is too long");
        count += added;
        head[count] = 0;
        char *end = strstr(head, "\r\n\r\n");
        if (!end) continue;
        char *length = strcasestr(head, "\r\nContent-Length:");
        if (strncmp(head, "HTTP/1.1 200 ", 13) != 0) give_up("the server did not answer 200");
        if (!length || length > end) give_up("the answer has no Content-Length");
        response_bytes = (int)(end + 4 - head) + atoi(length + sizeof "\r\nContent-Length:" - 1);
        if (count > response_bytes) give_up("the answer is longer than it says");
        if (count == response_bytes) return;
    }
}

static int connect_to(int port) {
    int connection = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    if (connection >= DESCRIPTORS_MAX) give_up("there are too many open descriptors");
    int on = 1;
    check(setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    check(connect(connection, loopback(port), LOOPBACK_BYTES), "connect");
    return connection;
}

// Runs the closed loop for `seconds`; a connection asks again as soon as it was answered.
static struct counts run(int poller, double seconds) {
    static char buffer[BUFFER_BYTES];
    struct counts counts = {0};
    uint64_t deadline = nanoseconds(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9);
    while (nanoseconds(CLOCK_MONOTONIC) < deadline) {
        struct epoll_event events[EVENTS_PER_WAIT];
        counts.epoll_wait++;
        int ready = epoll_wait(poller, events, EVENTS_PER_WAIT, RESPONSE_TIMEOUT_MS);
        if (ready < 0 && errno != EINTR) fail("epoll_wait");
        if (ready == 0) give_up("no answer for two seconds");
        for (int i = 0; i < ready; i++) {
            int connection = events[i].data.fd;
            counts.recv++;
            int count = check(recv(connection, buffer, sizeof buffer, MSG_DONTWAIT), "recv");
            if (count == 0) give_up("the server closed a connection");
            counts.bytes += count;
            outstanding[connection] -= count;
            if (outstanding[connection] > 0) continue;
            if (outstanding[connection] < 0) give_up("an answer is longer than the first was");
            outstanding[connection] = response_bytes;
            counts.requests++;
            counts.send++;
            ask(connection);
        }
    }
    return counts;
}

void drive(const struct options *options) {
    request_bytes =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
                 options->path, options->port);
    if (request_bytes >= (int)sizeof request) give_up("--path is too long");
    int poller = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    for (int i = 0; i < options->connections; i++) {
        int connection = connect_to(options->port);
        if (i == 0) learn(connection);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = connection};
        check(epoll_ctl(poller, EPOLL_CTL_ADD, connection, &event), "epoll_ctl");
        outstanding[connection] = response_bytes;
        ask(connection);
    }

    run(poller, options->warmup);
    uint64_t start = nanoseconds(CLOCK_MONOTONIC), cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    struct counts counts = run(poller, options->seconds);
    cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    double seconds = (nanoseconds(CLOCK_MONOTONIC) - start) / 1e9;

    if (options->json) {
        printf("{\"requests\":%lu,\"seconds\":%.6f,\"cpu_ns\":%lu,\"bytes\":%lu,"
               "\"response_bytes\":%d,"
               "\"syscalls\":{\"epoll_wait\":%lu,\"recv\":%lu,\"send\":%lu}}\n",
               counts.requests, seconds, cpu, counts.bytes, response_bytes, counts.epoll_wait,
               counts.recv, counts.send);
    } else {
        printf("%lu requests in %.2f s: %.0f a second, %.0f a second of CPU, %.2f syscalls each\n",
               counts.requests, seconds, counts.requests / seconds, counts.requests / (cpu / 1e9),
               (double)(counts.epoll_wait + counts.recv + counts.send) / counts.requests);
    }
}
