#include "http2.h"

#include <string.h>

uint8_t *put_acknowledgment(uint8_t *to, const struct frame *frame) {
    if (frame->flags & ACK) return to;
    if (frame->type == SETTINGS) return put_frame_head(to, 0, SETTINGS, ACK, 0);
    if (frame->length != PING_BYTES) return to;
    to = put_frame_head(to, PING_BYTES, PING, ACK, 0);
    memcpy(to, frame->payload, PING_BYTES);
    return to + PING_BYTES;
}
