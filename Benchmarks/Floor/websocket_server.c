#include "floor.h"
#include "remnant.h"
#include "websocket.h"
#include "websocket_handshake.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct peer {
    struct remnant rest;
    uint8_t is_open;
} peers[DESCRIPTORS_MAX];

static void leave(int connection) {
    if (connection < DESCRIPTORS_MAX) {
        peers[connection].rest.count = 0;
        peers[connection].is_open = 0;
    }
    close(connection);
}

// Answers the handshake that `input` holds whole; returns what is behind it, or 0 where there is no
// key in it.
static const uint8_t *greet(int connection, const uint8_t *input, const uint8_t *end) {
    static const char name[] = "\r\nSec-WebSocket-Key:";
    const char *text = memmem(input, end - input, "\r\n\r\n", 4);
    const char *field = 0;
    for (const char *at = (const char *)input; text && at < text && !field; at++) {
        if (strncasecmp(at, name, sizeof name - 1) == 0) field = at + sizeof name - 1;
    }
    if (!field) return 0;
    while (*field == ' ') field++;
    if (text - field < KEY_TEXT_BYTES) return 0;
    char accept[ACCEPT_TEXT_BYTES], reply[256];
    accept_key(field, accept);
    int count = snprintf(
        reply, sizeof reply,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: %.*s\r\n\r\n",
        ACCEPT_TEXT_BYTES, accept);
    if (send(connection, reply, count, MSG_NOSIGNAL) != count) return 0;
    return (const uint8_t *)text + 4;
}

// Writes the echo of the frame at `at` to `*to`, and returns what is behind the frame: 0 when it is
// not whole, and `at` itself when it is not a whole message, or is none.
static const uint8_t *echo(const uint8_t *at, const uint8_t *end, uint8_t **to) {
    if (end - at < 2) return 0;
    int opcode = at[0] & 0x7f, count = at[1] & 0x7f;
    if (!(at[0] & FINAL) || !(at[1] & MASKED) || (opcode != TEXT && opcode != BINARY)) return at;
    const uint8_t *key = at + 2;
    if (count > SHORT_BYTES_MAX) {
        if (count != 126) return at;
        if (end - at < 4) return 0;
        count = at[2] << 8 | at[3];
        key = at + 4;
    }
    if (count > MESSAGE_BYTES_MAX) return at;
    if (end - key < KEY_BYTES + count) return 0;
    uint8_t *payload = put_message_head(*to, opcode, count, 0);
    mask(payload, key + KEY_BYTES, count, key);
    *to = payload + count;
    return key + KEY_BYTES + count;
}

// Echoes everything that one recv holds in one send; whoever does not send whole messages, as in a
// Close frame, is left. An echo is shorter than its message.
static void answer(int connection, struct counts *counts) {
    static uint8_t input[BUFFER_BYTES], output[BUFFER_BYTES];
    if (connection >= DESCRIPTORS_MAX) {
        leave(connection);
        return;
    }
    struct peer *peer = &peers[connection];
    counts->recv++;
    int count = receive_behind(&peer->rest, connection, input, 0);
    if (count <= 0) {
        if (count == 0 || errno != EAGAIN) leave(connection);
        return;
    }
    const uint8_t *at = input, *end = input + count;
    if (!peer->is_open && memmem(input, count, "\r\n\r\n", 4)) {
        at = greet(connection, input, end);
        if (!at) {
            leave(connection);
            return;
        }
        peer->is_open = 1;
    }
    uint8_t *to = output;
    for (const uint8_t *next; peer->is_open && (next = echo(at, end, &to)); at = next) {
        if (next == at) {
            leave(connection);
            return;
        }
        counts->requests++;
    }
    if (!keep(&peer->rest, at, end - at)) {
        leave(connection);
        return;
    }
    if (to == output) return;
    counts->send++;
    if (send(connection, output, to - output, MSG_NOSIGNAL) != to - output) leave(connection);
}

const struct server websocket_server = {answer, 0};
