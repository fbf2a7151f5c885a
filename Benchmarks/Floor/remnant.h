// Frames that the network has cut: what is left of one receive is put before the next.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { REMNANT_BYTES_MAX = 16 * 1024 + 64 };  // a frame of 16 KiB, whatever its head

// The beginning of a frame that has not come whole.
struct remnant {
    uint8_t *bytes;
    int count;
};

// Receives into `buffer`, of BUFFER_BYTES, behind what `rest` holds. Returns how much there is now,
// 0 when the peer has closed and -1 with errno when there is nothing.
int receive_behind(struct remnant *rest, int connection, uint8_t *buffer, int flags);

// Keeps what is left for the next `receive_behind`; 0 when that is more than a frame may have.
int keep(struct remnant *rest, const uint8_t *bytes, ptrdiff_t count);
