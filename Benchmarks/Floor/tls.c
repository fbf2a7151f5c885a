// The least that TLS asks of an event: one receive, the library's work on what came, one send.
#include "remnant.h"
#include "transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The bytes of one event, in front of the library and behind it.
static struct {
    const uint8_t *in;
    size_t in_count, out_count;
    uint8_t out[BUFFER_BYTES];
} io;

static SSL_CTX *context;
static BIO *bio;
static int serves;
static SSL *sessions[DESCRIPTORS_MAX];
static char is_open[DESCRIPTORS_MAX];
// Records that have not come whole.
static struct remnant rests[DESCRIPTORS_MAX];

static int bio_read(BIO *way, char *into, int room) {
    BIO_clear_retry_flags(way);
    if (io.in_count == 0) {
        BIO_set_retry_read(way);
        return -1;
    }
    size_t count = (size_t)room < io.in_count ? (size_t)room : io.in_count;
    memcpy(into, io.in, count);
    io.in += count, io.in_count -= count;
    return (int)count;
}

static int bio_write(BIO *way, const char *from, int count) {
    BIO_clear_retry_flags(way);
    if (io.out_count + (size_t)count > sizeof io.out) return -1;
    memcpy(io.out + io.out_count, from, (size_t)count);
    io.out_count += (size_t)count;
    return count;
}

static long bio_control(BIO *way, int command, long number, void *pointer) {
    (void)way, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

_Noreturn static void complain(const char *what) {
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    fprintf(stderr, "switchyard-floor: %s: %s\n", what, reason ? reason : "no reason given");
    _exit(1);
}

static void prepare(const struct options *options, int is_server) {
    serves = is_server;
    context = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "an event");
    if (!context || !method) complain("OpenSSL");
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    bio = BIO_new(method);
    if (!bio) complain("OpenSSL");
    BIO_set_init(bio, 1);
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    /* A server can't know how many connections it will have. */
    if (is_server) SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (!is_server) return;
    if (SSL_CTX_use_certificate_chain_file(context, options->certificate) != 1) {
        complain(options->certificate);
    }
    if (SSL_CTX_use_PrivateKey_file(context, options->key, SSL_FILETYPE_PEM) != 1) {
        complain(options->key);
    }
}

// Sends what the library has made; zero when the socket takes less.
static int flush(int connection) {
    if (io.out_count == 0) return 1;
    ssize_t sent = send(connection, io.out, io.out_count, MSG_NOSIGNAL);
    int is_whole = sent == (ssize_t)io.out_count;
    io.out_count = 0;
    return is_whole;
}

static SSL *session_of(int connection) {
    if (!sessions[connection]) {
        SSL *ssl = sessions[connection] = SSL_new(context);
        if (!ssl) complain("SSL_new");
        BIO_up_ref(bio), BIO_up_ref(bio);
        SSL_set_bio(ssl, bio, bio);
        if (serves) SSL_set_accept_state(ssl);
        else SSL_set_connect_state(ssl);
        is_open[connection] = 0;
        rests[connection].count = 0;
    }
    return sessions[connection];
}

// Goes on with the handshake; -1 when it has failed.
static int shake(int connection, SSL *ssl) {
    ERR_clear_error();
    int result = SSL_do_handshake(ssl);
    if (result != 1 && SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ) return -1;
    if (!flush(connection)) return -1;
    is_open[connection] = result == 1;
    return 0;
}

static int begin(int connection) {
    if (shake(connection, session_of(connection)) < 0) complain("the handshake");
    return 0;
}

static ssize_t receive(int connection, void *into, size_t room, int flags) {
    static uint8_t buffer[BUFFER_BYTES];
    SSL *ssl = session_of(connection);
    int count = receive_behind(&rests[connection], connection, buffer, flags);
    if (count <= 0) return count;
    io.in = buffer, io.in_count = (size_t)count;
    int was_open = is_open[connection];
    if (!was_open && shake(connection, ssl) < 0) return 0;
    size_t total = 0;
    if (is_open[connection]) {
        ERR_clear_error();
        while (total < room) {
            size_t added = 0;
            if (!SSL_read_ex(ssl, (uint8_t *)into + total, room - total, &added)) {
                if (SSL_get_error(ssl, 0) != SSL_ERROR_WANT_READ) return 0;
                break;
            }
            total += added;
            if (io.in_count == 0 && !SSL_has_pending(ssl)) break;
        }
    }
    if (!keep(&rests[connection], io.in, (ptrdiff_t)io.in_count)) return 0;
    if (!flush(connection)) return 0;
    if (total > 0) return (ssize_t)total;
    if (!was_open && is_open[connection]) return OPENED;
    errno = EAGAIN;
    return -1;
}

static ssize_t give(int connection, const void *bytes, size_t count) {
    size_t written = 0;
    ERR_clear_error();
    if (!SSL_write_ex(sessions[connection], bytes, count, &written)) return -1;
    return flush(connection) ? (ssize_t)count : -1;
}

static void end(int connection) {
    if (sessions[connection]) {
        SSL_set_shutdown(sessions[connection], SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(sessions[connection]);
        sessions[connection] = 0;
    }
    close(connection);
}

const struct transport tls = {prepare, begin, receive, give, end};
