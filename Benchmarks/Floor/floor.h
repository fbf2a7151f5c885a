// The least an epoll server and an epoll client can do: epoll_wait, recv, send, and counting.
// What others spend beyond these two, in CPU time per request, is the cost of parsing, routing,
// pacing and recording.
#pragma once

#include <stdint.h>

enum {
    EVENTS_PER_WAIT = 256,
    BUFFER_BYTES = 64 * 1024,
    CONNECTIONS_MAX = 10000,
};

struct options {
    int port;          // 0: the kernel chooses (server only)
    int connections;   // client only
    double seconds;    // measured window of the client
    double warmup;     // seconds before it
    const char *path;  // what the client asks for
    int json;          // JSON instead of a line for people (client only)
};

struct counts {
    uint64_t requests, bytes, epoll_wait, recv, send, accept;
};

// Serves until SIGTERM or SIGINT, printing one JSON line when ready and one when stopped.
void serve(const struct options *options);

// Drives 127.0.0.1:port in a closed loop and prints what it did.
void drive(const struct options *options);

// Prints "switchyard-floor: WHAT: errno's text" and exits 1; `check` does so when `result` is
// negative, and returns it otherwise.
_Noreturn void fail(const char *what);
int check(int result, const char *what);

// Nanoseconds on clock_gettime(2)'s `clock`.
uint64_t nanoseconds(int clock);

// An IPv4 loopback address, cast for bind(2) and connect(2).
const struct sockaddr *loopback(int port);
enum { LOOPBACK_BYTES = 16 };
