#include "transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void watch(int poller, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    check(epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
}

static int listen_on(int port) {
    int listener = check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    int on = 1;
    check(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    check(bind(listener, loopback(port), LOOPBACK_BYTES), "bind");
    check(listen(listener, 4096), "listen");
    return listener;
}

static void accept_all(int poller, int listener, struct counts *counts) {
    for (;;) {
        counts->accept++;
        int connection = accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (connection < 0) return;
        if (connection >= DESCRIPTORS_MAX) give_up("there are too many open descriptors");
        int on = 1;
        check(setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
        watch(poller, connection);
    }
}

void serve(const struct options *options) {
    static const struct server *const servers[] = {
        [HTTP1] = &http1_server, [HTTP2] = &http2_server, [WEBSOCKET] = &websocket_server};
    const struct server *server = servers[options->protocol];
    if (options->tls) transport = &tls;
    transport->prepare(options, 1);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    check(sigprocmask(SIG_BLOCK, &ends, 0), "sigprocmask");
    int signals = check(signalfd(-1, &ends, SFD_CLOEXEC), "signalfd");
    int poller = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    int listener = listen_on(options->port);
    watch(poller, signals);
    watch(poller, listener);

    struct sockaddr_in bound;
    socklen_t length = sizeof bound;
    check(getsockname(listener, (struct sockaddr *)&bound, &length), "getsockname");
    printf("{\"event\":\"ready\",\"listen\":\"127.0.0.1:%d\",\"pid\":%d}\n",
           ntohs(bound.sin_port), getpid());
    fflush(stdout);

    struct counts counts = {0};
    uint64_t cpu_before = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int running = 1; running;) {
        struct epoll_event events[EVENTS_PER_WAIT];
        counts.epoll_wait++;
        int count = epoll_wait(poller, events, EVENTS_PER_WAIT, -1);
        if (count < 0 && errno != EINTR) fail("epoll_wait");
        for (int i = 0; i < count; i++) {
            int descriptor = events[i].data.fd;
            if (descriptor == listener) accept_all(poller, listener, &counts);
            else if (descriptor == signals) running = 0;
            else server->answer(descriptor, &counts);
        }
    }
    printf("{\"event\":\"stopped\",\"requests\":%lu,\"cpu_ns\":%lu,\"response_bytes\":%d,"
           "\"syscalls\":{\"epoll_wait\":%lu,\"recv\":%lu,\"send\":%lu,\"accept\":%lu}}\n",
           counts.requests, nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_before,
           server->response_bytes, counts.epoll_wait, counts.recv, counts.send, counts.accept);
}
