#include "transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static char request[1024];
static int request_bytes;
static int response_bytes;
static int churns;

// What is still to come of the response each connection waits for, by descriptor.
static int outstanding[DESCRIPTORS_MAX];

static void ask(int connection) {
    if (transport->send(connection, request, request_bytes) != request_bytes) fail("send");
}

// Learns the length of the one response that all others must equal, and that it is a whole 200.
static void learn(int connection) {
    char head[BUFFER_BYTES];
    int count = 0;
    ask(connection);
    for (;;) {
        int added = (int)transport->receive(connection, head + count, sizeof head - 1 - count, 0);
        if (added < 0 && errno == EAGAIN) continue;
        check(added, "recv");
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

static void prepare(const struct options *options) {
    churns = options->churns;
    request_bytes =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
                 options->path, options->port);
    if (request_bytes >= (int)sizeof request) give_up("--path is too long");
}

static void begin(int connection) {
    int is_open = transport->open(connection);
    if (!response_bytes) {
        char nothing[1];
        while (!is_open) {
            int count = (int)transport->receive(connection, nothing, sizeof nothing, 0);
            is_open = count == OPENED;
            if (!is_open && (count >= 0 || errno != EAGAIN)) give_up("the handshake failed");
        }
        learn(connection);
    }
    outstanding[connection] = response_bytes;
    if (is_open) ask(connection);
}

static int take(int connection, struct counts *counts) {
    static char buffer[BUFFER_BYTES];
    counts->recv++;
    int count = (int)transport->receive(connection, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count == OPENED) {
        counts->send++;
        ask(connection);
        return 0;
    }
    if (count < 0 && errno == EAGAIN) return 0;
    check(count, "recv");
    if (count == 0) give_up("the server closed a connection");
    counts->bytes += count;
    outstanding[connection] -= count;
    if (outstanding[connection] > 0) return 0;
    if (outstanding[connection] < 0) give_up("an answer is longer than the first was");
    outstanding[connection] = response_bytes;
    counts->requests++;
    if (churns) {
        transport->close(connection);
        return 1;
    }
    counts->send++;
    ask(connection);
    return 0;
}

static int bytes_of_response(void) { return response_bytes; }

const struct client http1_client = {prepare, begin, take, bytes_of_response};
