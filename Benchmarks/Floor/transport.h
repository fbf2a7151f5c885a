// What lies between a connection's bytes and its socket: nothing, or TLS by OpenSSL.
#pragma once

#include "floor.h"

#include <stddef.h>
#include <sys/types.h>

// What `receive` says when the opening of a connection has just been done, and nothing else came.
enum { OPENED = -2 };

struct transport {
    void (*prepare)(const struct options *options, int is_server);
    // Begins; true when bytes can be sent at once.
    int (*open)(int connection);
    // As recv(2), with OPENED besides. Bytes of an opening alone are nothing: EAGAIN.
    ssize_t (*receive)(int connection, void *into, size_t room, int flags);
    // As send(2).
    ssize_t (*send)(int connection, const void *bytes, size_t count);
    void (*close)(int connection);
};
extern const struct transport plain, tls;

// Of this process.
extern const struct transport *transport;
