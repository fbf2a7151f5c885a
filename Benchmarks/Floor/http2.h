// What the bare server and client need of HTTP/2 (RFC 9113): where frames begin and end.
#pragma once

#include "remnant.h"

#include <stddef.h>
#include <stdint.h>

// Section 6.
enum {
    DATA = 0,
    HEADERS = 1,
    RST_STREAM = 3,
    SETTINGS = 4,
    PING = 6,
    GOAWAY = 7,
    WINDOW_UPDATE = 8,
};
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };
enum {
    FRAME_HEAD_BYTES = 9,
    PAYLOAD_BYTES_MAX = 16384,  // section 4.2: what both ends begin with and never raise here
    SETTING_BYTES = 6,
    PING_BYTES = 8,
};

// Section 3.4.
static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum { PREFACE_BYTES = sizeof preface - 1 };

struct frame {
    const uint8_t *payload;
    uint32_t length, stream;
    uint8_t type, flags;
};

static inline uint32_t get32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint8_t *put32(uint8_t *to, uint32_t value) {
    to[0] = value >> 24, to[1] = value >> 16, to[2] = value >> 8, to[3] = value;
    return to + 4;
}

// Reads the frame at `at` (section 4.1). Returns what is behind it, or 0 when it is not whole.
static inline const uint8_t *next_frame(
    const uint8_t *at, const uint8_t *end, struct frame *frame) {
    if (end - at < FRAME_HEAD_BYTES) return 0;
    uint32_t word = get32(at);
    frame->length = word >> 8;
    frame->type = word;
    frame->flags = at[4];
    frame->stream = get32(at + 5);
    frame->payload = at + FRAME_HEAD_BYTES;
    return end - frame->payload < frame->length ? 0 : frame->payload + frame->length;
}

static inline uint8_t *put_frame_head(
    uint8_t *to, uint32_t length, int type, int flags, uint32_t stream) {
    put32(to, length << 8 | (uint32_t)type);
    to[4] = (uint8_t)flags;
    return put32(to + 5, stream);
}

// One parameter of SETTINGS (section 6.5.1).
static inline uint8_t *put_setting(uint8_t *to, int identifier, uint32_t value) {
    to[0] = 0, to[1] = (uint8_t)identifier;
    return put32(to + 2, value);
}

// Writes the acknowledgment that SETTINGS and PING ask for (sections 6.5.3 and 6.7); nothing where
// the frame is one itself.
uint8_t *put_acknowledgment(uint8_t *to, const struct frame *frame);
