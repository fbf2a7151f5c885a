#include "http2.h"

#include "floor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int receive_behind(struct remnant *rest, int connection, uint8_t *buffer, int flags) {
    int kept = rest->count;
    if (kept) memcpy(buffer, rest->bytes, kept);
    rest->count = 0;
    int count = recv(connection, buffer + kept, BUFFER_BYTES - kept, flags);
    if (count < 0) rest->count = kept;
    return count > 0 ? kept + count : count;
}

int keep(struct remnant *rest, const uint8_t *bytes, ptrdiff_t count) {
    if (count == 0) return 1;
    if (count > FRAME_HEAD_BYTES + PAYLOAD_BYTES_MAX) return 0;
    if (!rest->bytes) rest->bytes = malloc(FRAME_HEAD_BYTES + PAYLOAD_BYTES_MAX);
    if (!rest->bytes) fail("malloc");
    memcpy(rest->bytes, bytes, count);
    rest->count = (int)count;
    return 1;
}

uint8_t *put_acknowledgment(uint8_t *to, const struct frame *frame) {
    if (frame->flags & ACK) return to;
    if (frame->type == SETTINGS) return put_frame_head(to, 0, SETTINGS, ACK, 0);
    if (frame->length != PING_BYTES) return to;
    to = put_frame_head(to, PING_BYTES, PING, ACK, 0);
    memcpy(to, frame->payload, PING_BYTES);
    return to + PING_BYTES;
}
