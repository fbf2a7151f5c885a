// The least an epoll server and an epoll client can do: epoll_wait, recv, send, and counting.
// What others spend beyond these two, in CPU time per request, is the cost of parsing, routing,
// pacing and recording. HTTP/1.1 is not parsed at all; of HTTP/2 the frames are walked, as their
// lengths alone say where the next one is; of WebSocket their payloads are masked and unmasked. TLS
// is OpenSSL's, which is given the bytes of one receive and makes those of one send.
#pragma once

#include <stdint.h>

enum {
    EVENTS_PER_WAIT = 256,
    BUFFER_BYTES = 64 * 1024,
    CONNECTIONS_MAX = 10000,
    DESCRIPTORS_MAX = CONNECTIONS_MAX + 64,
    STREAMS_MAX = 1000,
    MESSAGE_BYTES_MAX = 16 * 1024,
};

// HTTP/2 with prior knowledge; WebSocket by an upgrade of /ws.
enum protocol { HTTP1, HTTP2, WEBSOCKET };

struct options {
    int port;          // 0: the kernel chooses (server only)
    int connections;   // client only
    double seconds;    // measured window of the client
    double warmup;     // seconds before it
    const char *path;  // what the client asks for
    int json;          // JSON instead of a line for people (client only)
    enum protocol protocol;
    int streams;        // under way on a connection of HTTP/2 (client only)
    int message_bytes;  // of each message of WebSocket (client only)
    int tls;            // 1.3, under HTTP/1.1
    const char *certificate, *key;  // files in PEM, with tls (server only)
    int churns;         // a connection for each request (client only)
};

struct counts {
    uint64_t requests, bytes, epoll_wait, recv, send, accept;
};

// What a protocol adds to the server. `answer` receives once and sends at most once.
struct server {
    void (*answer)(int connection, struct counts *counts);
    int response_bytes;  // 0: as long as what is asked
};
extern const struct server http1_server, http2_server, websocket_server;

// What a protocol adds to the client. `begin` makes a new connection ready and asks; `take`
// receives once, counts what is answered and asks as much again.
struct client {
    void (*prepare)(const struct options *options);
    void (*begin)(int connection);
    // Says whether the connection has been closed, for a new one to take its place.
    int (*take)(int connection, struct counts *counts);
    int (*response_bytes)(void);
};
extern const struct client http1_client, http2_client, websocket_client;

// Serves until SIGTERM or SIGINT, printing one JSON line when ready and one when stopped.
void serve(const struct options *options);

// Drives 127.0.0.1:port in a closed loop and prints what it did.
void drive(const struct options *options);

// Prints "switchyard-floor: WHAT: errno's text" and exits 1; `check` does so when `result` is
// negative, and returns it otherwise.
_Noreturn void fail(const char *what);
_Noreturn void give_up(const char *why);  // the same with a reason of our own
int check(int result, const char *what);

// Nanoseconds on clock_gettime(2)'s `clock`.
uint64_t nanoseconds(int clock);

// An IPv4 loopback address, cast for bind(2) and connect(2).
const struct sockaddr *loopback(int port);
enum { LOOPBACK_BYTES = 16 };
