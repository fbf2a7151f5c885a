// What the bare server and client need of WebSocket (RFC 6455): heads of frames and masks.
#pragma once

#include <stdint.h>
#include <string.h>

enum {
    FINAL = 0x80,
    TEXT = 1,
    BINARY = 2,
    CLOSE = 8,
    MASKED = 0x80,
    SHORT_BYTES_MAX = 125,  // section 5.2: longer payloads have a length of two bytes
    HEAD_BYTES_MAX = 4,     // of a frame that is not masked and not longer than 65,535 bytes
    KEY_BYTES = 4,
};

// Writes the head of a final frame without a mask.
static inline uint8_t *put_message_head(uint8_t *to, int opcode, int count, int mask_bit) {
    to[0] = (uint8_t)(FINAL | opcode);
    if (count <= SHORT_BYTES_MAX) {
        to[1] = (uint8_t)(mask_bit | count);
        return to + 2;
    }
    to[1] = (uint8_t)(mask_bit | 126), to[2] = (uint8_t)(count >> 8), to[3] = (uint8_t)count;
    return to + 4;
}

// Masks or unmasks `count` bytes on their way from `from` to `to` (section 5.3), a word at a time.
static inline void mask(uint8_t *to, const uint8_t *from, int count, const uint8_t *key) {
    uint32_t half;
    memcpy(&half, key, sizeof half);
    uint64_t keys = (uint64_t)half << 32 | half, word;
    int at = 0;
    for (; count - at >= (int)sizeof word; at += sizeof word) {
        memcpy(&word, from + at, sizeof word);
        word ^= keys;
        memcpy(to + at, &word, sizeof word);
    }
    for (; at < count; at++) to[at] = from[at] ^ key[at % KEY_BYTES];
}
