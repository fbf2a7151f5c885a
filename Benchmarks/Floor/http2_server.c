#include "floor.h"
#include "http2.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// RFC 7541: a block that puts three fields into the peer's table, and one that names them there.
// The second is as long as the one that switchyard-server answers /plaintext with once it has said
// everything, so that both move the same bytes. The date stands still, as in HTTP/1.1.
static const char first_block[] =
    "\x88"                                           // :status 200
    "\x76\x0aswitchyard"                             // server
    "\x61\x1dThu, 01 Jan 1970 00:00:00 GMT"          // date
    "\x5f\x0atext/plain"                             // content-type
    "\x0f\x0d\x02" "13";                             // content-length, in no table
static const char block[] = "\x88\xc0\xbf\xbe\x0f\x0d\x02" "13";
static const char body[] = "Hello, World!";

enum {
    FIRST_BLOCK_BYTES = sizeof first_block - 1,
    BLOCK_BYTES = sizeof block - 1,
    BODY_BYTES = sizeof body - 1,
    RESPONSE_BYTES = 2 * FRAME_HEAD_BYTES + BLOCK_BYTES + BODY_BYTES,
    MAX_CONCURRENT_STREAMS = 3,
    // A receive full of the smallest frames that are answered, and one answer that is longer.
    OUTPUT_BYTES = (BUFFER_BYTES / FRAME_HEAD_BYTES + 8) * RESPONSE_BYTES,
};

static struct peer {
    struct remnant rest;
    uint8_t is_greeted, has_fields;
} peers[DESCRIPTORS_MAX];

static void leave(int connection) {
    if (connection < DESCRIPTORS_MAX) {
        peers[connection].rest.count = 0;
        peers[connection].is_greeted = peers[connection].has_fields = 0;
    }
    close(connection);
}

static uint8_t *put_answer(
    uint8_t *to, uint32_t stream, const char *head, uint32_t head_bytes) {
    to = put_frame_head(to, head_bytes, HEADERS, END_HEADERS, stream);
    memcpy(to, head, head_bytes);
    to = put_frame_head(to + head_bytes, BODY_BYTES, DATA, END_STREAM, stream);
    memcpy(to, body, BODY_BYTES);
    return to + BODY_BYTES;
}

// Answers everything that one recv holds in one send. The peer's window is taken for open: what is
// under way of answers of this size is far less than the 65,535 bytes it begins with. Payloads of
// requests are not given back to theirs.
static void answer(int connection, struct counts *counts) {
    static uint8_t input[BUFFER_BYTES], output[OUTPUT_BYTES];
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
    uint8_t *to = output;
    if (!peer->is_greeted && count >= PREFACE_BYTES) {
        if (memcmp(at, preface, PREFACE_BYTES) != 0) {
            leave(connection);
            return;
        }
        at += PREFACE_BYTES;
        peer->is_greeted = 1;
        to = put_frame_head(to, SETTING_BYTES, SETTINGS, 0, 0);
        to = put_setting(to, MAX_CONCURRENT_STREAMS, STREAMS_MAX);
    }
    struct frame frame;
    for (const uint8_t *next; peer->is_greeted && (next = next_frame(at, end, &frame)); at = next) {
        if (frame.type == HEADERS || frame.type == DATA) {
            if (!(frame.flags & END_STREAM)) continue;
            counts->requests++;
            if (peer->has_fields) {
                to = put_answer(to, frame.stream, block, BLOCK_BYTES);
            } else {
                peer->has_fields = 1;
                to = put_answer(to, frame.stream, first_block, FIRST_BLOCK_BYTES);
            }
        } else if (frame.type == SETTINGS || frame.type == PING) {
            to = put_acknowledgment(to, &frame);
        }
    }
    if (!keep(&peer->rest, at, end - at)) {
        leave(connection);
        return;
    }
    if (to == output) return;
    counts->send++;
    if (send(connection, output, to - output, MSG_NOSIGNAL) != to - output) leave(connection);
}

const struct server http2_server = {answer, RESPONSE_BYTES};
