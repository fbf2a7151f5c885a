#include "remnant.h"

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
    if (count > REMNANT_BYTES_MAX) return 0;
    if (!rest->bytes) rest->bytes = malloc(REMNANT_BYTES_MAX);
    if (!rest->bytes) fail("malloc");
    memcpy(rest->bytes, bytes, count);
    rest->count = (int)count;
    return 1;
}
