// What Swift can't see of OpenSSL 3, because it is a macro there, and a BIO of our own.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#define OPENSSL_API_COMPAT 30000
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// The bytes of one call: what came from the peer, and room for what goes to it. Room grows, for a
// flight with a long chain of certificates is longer than a record.
struct copenssl_io {
    const uint8_t *in;
    size_t in_length;
    uint8_t *out;
    size_t out_length;
    size_t out_capacity;
    // Where a client keeps what its connections may resume; NULL keeps nothing.
    struct copenssl_tickets *tickets;
};

// Gives bytes of the input, or says that there are none yet (BIO_read_ex(3)).
static inline int copenssl_bio_read(BIO *bio, char *into, int length) {
    struct copenssl_io *io = (struct copenssl_io *)BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (length <= 0) return 0;
    if (!io || io->in_length == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t count = (size_t)length < io->in_length ? (size_t)length : io->in_length;
    memcpy(into, io->in, count);
    io->in += count;
    io->in_length -= count;
    return (int)count;
}

// Takes everything, so that a write never has to be repeated with the same bytes (SSL_write(3)).
static inline int copenssl_bio_write(BIO *bio, const char *from, int length) {
    struct copenssl_io *io = (struct copenssl_io *)BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!io || length <= 0) return 0;
    size_t wanted = io->out_length + (size_t)length;
    if (wanted > io->out_capacity) {
        size_t capacity = io->out_capacity ? io->out_capacity * 2 : 32768;
        while (capacity < wanted) capacity *= 2;
        uint8_t *out = (uint8_t *)realloc(io->out, capacity);
        if (!out) return -1;
        io->out = out;
        io->out_capacity = capacity;
    }
    memcpy(io->out + io->out_length, from, (size_t)length);
    io->out_length = wanted;
    return length;
}

static inline long copenssl_bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static inline BIO_METHOD *copenssl_bio_method(void) {
    BIO_METHOD *method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bytes of one call");
    if (!method) return NULL;
    BIO_meth_set_read(method, copenssl_bio_read);
    BIO_meth_set_write(method, copenssl_bio_write);
    BIO_meth_set_ctrl(method, copenssl_bio_control);
    return method;
}

// A BIO on `io`, which outlives it.
static inline BIO *copenssl_bio_new(const BIO_METHOD *method, struct copenssl_io *io) {
    BIO *bio = BIO_new(method);
    if (!bio) return NULL;
    BIO_set_data(bio, io);
    BIO_set_init(bio, 1);
    return bio;
}

static inline void copenssl_use(SSL *ssl, BIO *bio) {
    // Of one that is both halves SSL_set_bio(3) takes a single reference of the caller's.
    BIO_up_ref(bio);
    SSL_set_bio(ssl, bio, bio);
}

// Server: the first of our protocols that the peer offers; a peer that offers none of them is
// refused with an alert (RFC 7301 §3.2). The answer points to memory that stays, as it must
// (SSL_CTX_set_alpn_select_cb(3)).
static inline int copenssl_select(
    SSL *ssl, const unsigned char **out, unsigned char *length, const unsigned char *offered,
    unsigned int offered_length, void *argument
) {
    static const unsigned char ours[] = "\x02h2\x08http/1.1";
    (void)ssl, (void)argument;
    unsigned char *chosen = NULL;
    int result = SSL_select_next_proto(
        &chosen, length, ours, sizeof ours - 1, offered, offered_length);
    if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static inline void copenssl_select_protocol(SSL_CTX *context) {
    SSL_CTX_set_alpn_select_cb(context, copenssl_select, NULL);
}

static inline int copenssl_set_version(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version)
        && SSL_CTX_set_max_proto_version(context, version);
}

static inline int copenssl_set_oldest_version(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version);
}

static inline int copenssl_set_groups(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_groups_list(context, list);
}

static inline void copenssl_set_modes(SSL_CTX *context, int keeps_buffers) {
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE);
    if (!keeps_buffers) SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}

static inline int copenssl_set_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

// The name of the group that keys were agreed on with; NULL where there is none.
static inline const char *copenssl_group_name(SSL *ssl) {
    int id = (int)SSL_get_negotiated_group(ssl);
    return id ? OBJ_nid2sn(id & ~TLSEXT_nid_unknown) : NULL;
}

// What another connection left in the queue would be taken for this one's (SSL_get_error(3)). To
// look costs less than to clear what is empty, which takes sixteen steps.
static inline void copenssl_forget_errors(void) {
    if (ERR_peek_error()) ERR_clear_error();
}

// Reads as much as there is, at most `room` bytes. `outcome` says why there was no more, as
// SSL_get_error(3) does; SSL_ERROR_NONE where the room was used up. Where neither the input nor
// the library holds anything, that is known without another SSL_read, which would cost it a
// buffer.
static inline size_t copenssl_read(
    SSL *ssl, const struct copenssl_io *io, void *into, size_t room, int *outcome
) {
    size_t total = 0;
    *outcome = SSL_ERROR_NONE;
    copenssl_forget_errors();
    while (total < room) {
        size_t count = 0;
        if (!SSL_read_ex(ssl, (uint8_t *)into + total, room - total, &count)) {
            *outcome = SSL_get_error(ssl, 0);
            break;
        }
        total += count;
        if (io->in_length == 0 && !SSL_has_pending(ssl)) {
            *outcome = SSL_ERROR_WANT_READ;
            break;
        }
    }
    return total;
}

// Encrypts all of `bytes` into the output by a call of the library's, unless the stream is broken.
static inline size_t copenssl_write_all(
    SSL *ssl, const void *bytes, size_t length,
    int (*write)(SSL *, const void *, size_t, size_t *)
) {
    size_t total = 0;
    copenssl_forget_errors();
    while (total < length) {
        size_t count = 0;
        if (!write(ssl, (const uint8_t *)bytes + total, length - total, &count)) break;
        total += count;
    }
    return total;
}

static inline size_t copenssl_write(SSL *ssl, const void *bytes, size_t length) {
    return copenssl_write_all(ssl, bytes, length, SSL_write_ex);
}

static inline int copenssl_handshake(SSL *ssl) {
    copenssl_forget_errors();
    int result = SSL_do_handshake(ssl);
    return result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result);
}

// A pass phrase would be asked for on the terminal; nobody may be there.
static inline int copenssl_no_phrase(char *into, int room, int is_writing, void *argument) {
    (void)into, (void)room, (void)is_writing, (void)argument;
    return -1;
}

static inline void copenssl_ask_for_no_phrase(SSL_CTX *context) {
    SSL_CTX_set_default_passwd_cb(context, copenssl_no_phrase);
}

// A key pair: of P-256, or of RSA with 2048 bits.
static inline EVP_PKEY *copenssl_make_key(int is_rsa) {
    return is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
}

static inline int copenssl_extend(X509 *certificate, X509 *issuer, int kind, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    int done = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

// A certificate for `key` (RFC 5280), signed by `signer`, of whom `issuer` is the certificate; its
// own where that is NULL, and then of an authority. `names` is a list as x509v3_config(5) has it.
static inline X509 *copenssl_certify(
    EVP_PKEY *key, const char *subject, const char *names, X509 *issuer, EVP_PKEY *signer, int days
) {
    X509 *certificate = X509_new();
    uint64_t serial = 0;
    if (!certificate) return NULL;
    X509 *above = issuer ? issuer : certificate;
    X509_NAME *name = X509_get_subject_name(certificate);
    int done = RAND_bytes((unsigned char *)&serial, sizeof serial) == 1
        && X509_set_version(certificate, X509_VERSION_3)
        && ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1)
        // Clocks of other machines may be behind.
        && X509_gmtime_adj(X509_getm_notBefore(certificate), -86400)
        && X509_gmtime_adj(X509_getm_notAfter(certificate), (long)days * 86400)
        && X509_NAME_add_entry_by_txt(
            name, "CN", MBSTRING_UTF8, (const unsigned char *)subject, -1, -1, 0)
        && X509_set_issuer_name(certificate, X509_get_subject_name(above))
        && X509_set_pubkey(certificate, key)
        && copenssl_extend(certificate, above, NID_subject_key_identifier, "hash");
    if (done && issuer) {
        done = copenssl_extend(certificate, above, NID_basic_constraints, "critical,CA:FALSE")
            && copenssl_extend(certificate, above, NID_authority_key_identifier, "keyid")
            && copenssl_extend(
                certificate, above, NID_ext_key_usage, "serverAuth,clientAuth")
            && copenssl_extend(certificate, above, NID_subject_alt_name, names);
    } else if (done) {
        done = copenssl_extend(
                   certificate, above, NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
            && copenssl_extend(
                certificate, above, NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    if (done && X509_sign(certificate, signer, EVP_sha256()) > 0) return certificate;
    X509_free(certificate);
    return NULL;
}

// The length of what a memory BIO holds, and where.
static inline long copenssl_contents(BIO *bio, char **contents) {
    return BIO_get_mem_data(bio, contents);
}

static inline BIO *copenssl_memory(void) { return BIO_new(BIO_s_mem()); }

static inline int copenssl_reason(unsigned long code) { return ERR_GET_REASON(code); }

#include "resumption.h"

#endif
