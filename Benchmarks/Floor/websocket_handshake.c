#include "websocket_handshake.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK_BYTES = 64, DIGEST_WORDS = 5, ROUNDS = 80 };

static uint32_t turn(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

static void digest_block(uint32_t *state, const uint8_t *block) {
    uint32_t words[ROUNDS];
    for (int i = 0; i < 16; i++) {
        const uint8_t *at = block + 4 * i;
        words[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    for (int i = 16; i < ROUNDS; i++) {
        words[i] = turn(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t f = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                     : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                     : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                              : (b ^ c ^ d) + 0xca62c1d6;
        uint32_t next = turn(a, 5) + f + e + words[i];
        e = d, d = c, c = turn(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

void accept_key(const char *key, char *accept) {
    // FIPS 180-4, section 6.1, of 60 bytes: with their padding they are two blocks.
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t text[2 * BLOCK_BYTES] = {0};
    memcpy(text, key, KEY_TEXT_BYTES);
    memcpy(text + KEY_TEXT_BYTES, guid, sizeof guid - 1);
    int count = KEY_TEXT_BYTES + sizeof guid - 1;
    text[count] = 0x80;
    text[sizeof text - 2] = (uint8_t)(count * 8 >> 8), text[sizeof text - 1] = (uint8_t)(count * 8);
    uint32_t state[DIGEST_WORDS] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    digest_block(state, text);
    digest_block(state, text + BLOCK_BYTES);

    // RFC 4648, section 4: twenty bytes are 27 digits and a sign of padding.
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < ACCEPT_TEXT_BYTES - 1; i++) {
        uint32_t value = 0;
        for (int bit = 6 * i; bit < 6 * i + 6; bit++) {
            uint32_t word = bit < 32 * DIGEST_WORDS ? state[bit / 32] : 0;
            value = value << 1 | (word >> (31 - bit % 32) & 1);
        }
        accept[i] = digits[value];
    }
    accept[ACCEPT_TEXT_BYTES - 1] = '=';
}
