#include "floor.h"
#include "http2.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

// Section 6.5.2, and the values that count until they are set.
enum {
    HEADER_TABLE_SIZE = 1,
    ENABLE_PUSH = 2,
    MAX_CONCURRENT_STREAMS = 3,
    INITIAL_WINDOW_SIZE = 4,
};
enum { TABLE_BYTES = 4096, WINDOW_BYTES = 65535, WINDOW_BYTES_MAX = 0x7fffffff };

enum {
    FIRST_BLOCK_BYTES_MAX = 256,
    SHORT_BYTES = 127,  // RFC 7541 section 5.1: a length below this is one byte
};

// RFC 7541: a block that puts authority and path into the server's table, and one that names them.
static uint8_t first_block[FIRST_BLOCK_BYTES_MAX];
static int first_block_bytes;
static const uint8_t block[] = {0x82, 0x86, 0xbf, 0xbe};  // GET, http, authority, path

static int streams;
static int response_bytes;

static struct session {
    struct remnant rest;
    uint32_t next_stream;
    uint32_t unannounced;  // bytes of DATA that the connection's window still lacks
    uint8_t has_settings, has_answered;
} sessions[DESCRIPTORS_MAX];

static uint8_t *put_text(uint8_t *to, uint8_t name, const char *text) {
    size_t count = strlen(text);
    if (count >= SHORT_BYTES) give_up("--path is too long");
    *to++ = 0x40 | name;  // section 6.2.1, the name from the static table
    *to++ = (uint8_t)count;
    memcpy(to, text, count);
    return to + count;
}

static void prepare(const struct options *options) {
    char authority[32];
    snprintf(authority, sizeof authority, "127.0.0.1:%d", options->port);
    uint8_t *end = first_block;
    *end++ = block[0], *end++ = block[1];
    end = put_text(end, 1, authority);
    end = put_text(end, 4, options->path);
    first_block_bytes = (int)(end - first_block);
    streams = options->streams;
}

static void say(int connection, const uint8_t *bytes, ptrdiff_t count) {
    if (send(connection, bytes, count, MSG_NOSIGNAL) != count) fail("send");
}

static uint8_t *put_request(
    uint8_t *to, struct session *session, const uint8_t *head, int head_bytes) {
    if (session->next_stream > WINDOW_BYTES_MAX) give_up("a connection has no streams left");
    to = put_frame_head(to, head_bytes, HEADERS, END_HEADERS | END_STREAM, session->next_stream);
    session->next_stream += 2;
    memcpy(to, head, head_bytes);
    return to + head_bytes;
}

static void ask(int connection, int count) {
    static uint8_t output[STREAMS_MAX * (FRAME_HEAD_BYTES + sizeof block)];
    uint8_t *to = output;
    for (int i = 0; i < count; i++) {
        to = put_request(to, &sessions[connection], block, sizeof block);
    }
    say(connection, output, to - output);
}

static void take_settings(const struct frame *frame) {
    const uint8_t *end = frame->payload + frame->length;
    for (const uint8_t *at = frame->payload; end - at >= SETTING_BYTES; at += SETTING_BYTES) {
        int identifier = at[0] << 8 | at[1];
        uint32_t value = get32(at + 2);
        if (identifier == HEADER_TABLE_SIZE && value < TABLE_BYTES) {
            give_up("the server's table may be too small for what the requests say");
        }
        if (identifier == MAX_CONCURRENT_STREAMS && value < (uint32_t)streams) {
            give_up("the server does not allow as many streams");
        }
    }
}

// The first answer of a connection must begin with the static table's :status 200, behind no more
// than changes of the table's size (RFC 7541 section 6.3).
static void check_status(const struct frame *frame) {
    uint32_t at = 0;
    while (at < frame->length && frame->payload[at] >> 5 == 1) at++;
    if (at == frame->length || frame->payload[at] != 0x88) give_up("the server did not answer 200");
}

// Frames that come once in a while.
static void take_control(int connection, struct session *session, const struct frame *frame) {
    if (frame->type == RST_STREAM) give_up("the server reset a stream");
    if (frame->type == GOAWAY) give_up("the server said GOAWAY");
    if (frame->type != SETTINGS && frame->type != PING) return;
    if (frame->type == SETTINGS && !(frame->flags & ACK)) {
        session->has_settings = 1;
        take_settings(frame);
    }
    uint8_t output[FRAME_HEAD_BYTES + PING_BYTES];
    uint8_t *end = put_acknowledgment(output, frame);
    if (end > output) say(connection, output, end - output);
}

// Receives once and returns how many streams ended.
static int receive(int connection, int flags, struct counts *counts) {
    static uint8_t input[BUFFER_BYTES];
    struct session *session = &sessions[connection];
    counts->recv++;
    int count = check(receive_behind(&session->rest, connection, input, flags), "recv");
    if (count == 0) give_up("the server closed a connection");
    const uint8_t *at = input, *end = input + count;
    int ended = 0;
    struct frame frame;
    for (const uint8_t *next; (next = next_frame(at, end, &frame)); at = next) {
        if (frame.type > HEADERS) {
            take_control(connection, session, &frame);
            continue;
        }
        if (!session->has_answered) check_status(&frame);
        session->has_answered = 1;
        counts->bytes += next - at;
        if (frame.type == DATA) session->unannounced += frame.length;
        ended += frame.flags & END_STREAM;
    }
    if (!keep(&session->rest, at, end - at)) give_up("a frame is larger than was allowed");
    if (session->unannounced > WINDOW_BYTES_MAX / 2) {
        uint8_t output[FRAME_HEAD_BYTES + 4];
        uint8_t *to = put_frame_head(output, 4, WINDOW_UPDATE, 0, 0);
        say(connection, output, put32(to, session->unannounced) - output);
        session->unannounced = 0;
    }
    return ended;
}

static void begin(int connection) {
    struct session *session = &sessions[connection];
    session->next_stream = 1;
    uint8_t output[2 * FIRST_BLOCK_BYTES_MAX];
    memcpy(output, preface, PREFACE_BYTES);
    uint8_t *to = put_frame_head(output + PREFACE_BYTES, 2 * SETTING_BYTES, SETTINGS, 0, 0);
    to = put_setting(to, ENABLE_PUSH, 0);
    to = put_setting(to, INITIAL_WINDOW_SIZE, WINDOW_BYTES_MAX);
    to = put_frame_head(to, 4, WINDOW_UPDATE, 0, 0);
    to = put32(to, WINDOW_BYTES_MAX - WINDOW_BYTES);
    to = put_request(to, session, first_block, first_block_bytes);
    say(connection, output, to - output);
    struct counts counts = {0};
    for (int ended = 0; !ended || !session->has_settings;) {
        ended += receive(connection, 0, &counts);
    }
    // What the first answer says once and for all the second does not.
    if (!response_bytes) {
        counts.bytes = 0;
        ask(connection, 1);
        while (!receive(connection, 0, &counts)) {}
        response_bytes = (int)counts.bytes;
    }
    ask(connection, streams);
}

static int take(int connection, struct counts *counts) {
    int ended = receive(connection, MSG_DONTWAIT, counts);
    if (!ended) return 0;
    counts->requests += ended;
    counts->send++;
    ask(connection, ended);
    return 0;
}

static int bytes_of_response(void) { return response_bytes; }

const struct client http2_client = {prepare, begin, take, bytes_of_response};
