#include "floor.h"
#include "websocket.h"
#include "websocket_handshake.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static char handshake[512];
static int handshake_bytes;
static char accepted[ACCEPT_TEXT_BYTES + 1];

static uint8_t message[MESSAGE_BYTES_MAX];
static int message_bytes;
static int response_bytes;  // of an echo, which comes without a mask
static uint32_t last_key = 1;

// What is still to come of the echo each connection waits for, by descriptor.
static int outstanding[DESCRIPTORS_MAX];

static void prepare(const struct options *options) {
    static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";  // the sample of section 1.3
    accept_key(key, accepted);
    handshake_bytes = snprintf(
        handshake, sizeof handshake,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n",
        options->path, options->port, key);
    if (handshake_bytes >= (int)sizeof handshake) give_up("--path is too long");
    message_bytes = options->message_bytes;
    memset(message, 'x', message_bytes);
    response_bytes = message_bytes + (message_bytes <= SHORT_BYTES_MAX ? 2 : HEAD_BYTES_MAX);
}

// Sends the message behind a mask of its own (section 5.3); the keys are those of xorshift32.
static void ask(int connection) {
    static uint8_t frame[HEAD_BYTES_MAX + KEY_BYTES + MESSAGE_BYTES_MAX];
    last_key ^= last_key << 13, last_key ^= last_key >> 17, last_key ^= last_key << 5;
    uint8_t *key = put_message_head(frame, TEXT, message_bytes, MASKED);
    memcpy(key, &last_key, KEY_BYTES);
    mask(key + KEY_BYTES, message, message_bytes, key);
    ptrdiff_t count = key + KEY_BYTES + message_bytes - frame;
    if (send(connection, frame, count, MSG_NOSIGNAL) != count) fail("send");
}

// Sends the handshake and takes its answer, behind which nothing comes unasked.
static void open_socket(int connection) {
    char head[BUFFER_BYTES];
    int count = 0;
    if (send(connection, handshake, handshake_bytes, MSG_NOSIGNAL) != handshake_bytes) fail("send");
    do {
        int added = check(recv(connection, head + count, sizeof head - 1 - count, 0), "recv");
        if (added == 0) give_up("the server closed, or its answer is too long");
        count += added;
        head[count] = 0;
    } while (!strstr(head, "\r\n\r\n"));
    if (strncmp(head, "HTTP/1.1 101 ", 13) != 0) give_up("the server did not answer 101");
    if (!strstr(head, accepted)) give_up("the server did not accept the key");
}

static int take(int connection, struct counts *counts) {
    static uint8_t buffer[BUFFER_BYTES];
    counts->recv++;
    int count = check(recv(connection, buffer, sizeof buffer, MSG_DONTWAIT), "recv");
    if (count == 0) give_up("the server closed a connection");
    if (outstanding[connection] == response_bytes && buffer[0] != (FINAL | TEXT)) {
        give_up("the server did not answer with a text");
    }
    counts->bytes += count;
    outstanding[connection] -= count;
    if (outstanding[connection] > 0) return 0;
    if (outstanding[connection] < 0) give_up("an echo is longer than the message");
    outstanding[connection] = response_bytes;
    counts->requests++;
    counts->send++;
    ask(connection);
    return 0;
}

static void begin(int connection) {
    open_socket(connection);
    outstanding[connection] = response_bytes;
    ask(connection);
}

static int bytes_of_response(void) { return response_bytes; }

const struct client websocket_client = {prepare, begin, take, bytes_of_response};
