#include "transport.h"

#include <errno.h>
#include <string.h>

// As long as what switchyard-server answers to /plaintext, so that both move the same bytes. The
// date stands still: keeping it is work beyond the floor.
static const char response[] =
    "HTTP/1.1 200 OK\r\nServer: switchyard\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    "Content-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!";
enum { RESPONSE_BYTES = sizeof response - 1 };

// One recv holds one whole request, or a piece of one; only the last piece ends in the empty line.
static void answer(int connection, struct counts *counts) {
    static char buffer[BUFFER_BYTES];
    counts->recv++;
    ssize_t count = transport->receive(connection, buffer, sizeof buffer, 0);
    if (count <= 0) {
        if (count == 0 || (count != OPENED && errno != EAGAIN)) transport->close(connection);
        return;
    }
    if (count < 4 || memcmp(buffer + count - 4, "\r\n\r\n", 4) != 0) return;
    counts->send++;
    counts->requests++;
    if (transport->send(connection, response, RESPONSE_BYTES) != RESPONSE_BYTES) {
        transport->close(connection);
    }
}

const struct server http1_server = {answer, RESPONSE_BYTES};
