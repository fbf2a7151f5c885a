// Sessions that go on in later connections: tickets, and data before the handshake is done.
#ifndef COPENSSL_RESUMPTION_H
#define COPENSSL_RESUMPTION_H

// What a client's connections may go on with, for one thread and one server. A ticket of 1.3 is
// used once (RFC 8446 Appendix C.4), a session of 1.2 as often as it lasts: its resumption brings
// no new one.
struct copenssl_tickets {
    SSL_SESSION **list;
    size_t count;
    size_t limit;
    SSL_SESSION *lasting;
};

static inline struct copenssl_tickets *copenssl_tickets_new(size_t limit) {
    struct copenssl_tickets *tickets = calloc(1, sizeof *tickets);
    if (!tickets) return NULL;
    tickets->list = calloc(limit, sizeof *tickets->list);
    tickets->limit = limit;
    if (tickets->list) return tickets;
    free(tickets);
    return NULL;
}

static inline void copenssl_tickets_free(struct copenssl_tickets *tickets) {
    if (!tickets) return;
    for (size_t index = 0; index < tickets->count; index++) SSL_SESSION_free(tickets->list[index]);
    SSL_SESSION_free(tickets->lasting);
    free(tickets->list);
    free(tickets);
}

// Keeps a session that the server has given to a connection of this thread
// (SSL_CTX_sess_set_new_cb(3)). The mark at the connection says that it has brought one.
static inline int copenssl_keep(SSL *ssl, SSL_SESSION *session) {
    BIO *bio = SSL_get_rbio(ssl);
    struct copenssl_io *io = bio ? (struct copenssl_io *)BIO_get_data(bio) : NULL;
    struct copenssl_tickets *tickets = io ? io->tickets : NULL;
    if (!tickets) return 0;
    SSL_set_ex_data(ssl, 0, tickets);
    if (SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION) {
        SSL_SESSION_free(tickets->lasting);
        tickets->lasting = session;
        return 1;
    }
    if (tickets->count == tickets->limit) return 0;
    tickets->list[tickets->count++] = session;
    return 1;
}

static inline int copenssl_brought_ticket(SSL *ssl) { return SSL_get_ex_data(ssl, 0) != NULL; }

static inline int copenssl_is_fresh(SSL_SESSION *session, long now) {
    return SSL_SESSION_is_resumable(session)
        && SSL_SESSION_get_time(session) + SSL_SESSION_get_timeout(session) > now;
}

// The session to go on with, the newest first; NULL where there is none. It is the caller's.
static inline SSL_SESSION *copenssl_take_ticket(struct copenssl_tickets *tickets, long now) {
    while (tickets->count > 0) {
        SSL_SESSION *session = tickets->list[--tickets->count];
        if (copenssl_is_fresh(session, now)) return session;
        SSL_SESSION_free(session);
    }
    SSL_SESSION *lasting = tickets->lasting;
    if (!lasting) return NULL;
    if (copenssl_is_fresh(lasting, now) && SSL_SESSION_up_ref(lasting)) return lasting;
    SSL_SESSION_free(lasting);
    tickets->lasting = NULL;
    return NULL;
}

// A client that keeps its sessions itself, by `copenssl_keep`.
static inline void copenssl_keep_sessions(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(
        context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, copenssl_keep);
}

static inline void copenssl_forget_sessions(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

// A server that remembers what may be resumed once: early data must not be replayed
// (SSL_CTX_set_max_early_data(3)).
static inline void copenssl_remember_sessions(SSL_CTX *context, long limit) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(context, limit);
}

static inline void copenssl_give_no_tickets(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
}

typedef int (*copenssl_ticket_keys)(
    SSL *, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *, EVP_MAC_CTX *, int encrypts);

// Seals tickets by keys of ours; `owner` is what `copenssl_owner` gives to the callback.
static inline void copenssl_set_ticket_keys(
    SSL_CTX *context, copenssl_ticket_keys keys, void *owner
) {
    SSL_CTX_set_ex_data(context, 0, owner);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, keys);
}

static inline void *copenssl_owner(const SSL *ssl) {
    return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);
}

// Both halves of a ticket's key (RFC 5077 §4): AES-256-CBC, and HMAC by SHA-256.
static inline int copenssl_use_ticket_key(
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, const unsigned char *cipher_key,
    const unsigned char *mac_key, size_t mac_length, const unsigned char *iv, int encrypts
) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)mac_key, mac_length),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters)
        && EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, cipher_key, iv, encrypts) == 1;
}

// With a callback the library keeps a session's name, and asks for the same one again
// (RFC 8446 §4.2.10); without, any name would do. Every name is welcome.
static inline int copenssl_welcome_name(SSL *ssl, int *alert, void *argument) {
    (void)ssl, (void)alert, (void)argument;
    return SSL_TLSEXT_ERR_OK;
}

static inline void copenssl_note_names(SSL_CTX *context) {
    SSL_CTX_set_tlsext_servername_callback(context, copenssl_welcome_name);
}

// Reads data that came before the end of the handshake: SSL_READ_EARLY_DATA_SUCCESS with some,
// FINISH behind the last, ERROR with `outcome` as SSL_get_error(3) has it.
static inline int copenssl_read_early(
    SSL *ssl, void *into, size_t room, size_t *count, int *outcome
) {
    *outcome = SSL_ERROR_NONE;
    *count = 0;
    copenssl_forget_errors();
    int result = SSL_read_early_data(ssl, into, room, count);
    if (result == SSL_READ_EARLY_DATA_ERROR) *outcome = SSL_get_error(ssl, 0);
    return result;
}

// The same as `copenssl_write` before the handshake is done: a client's first flight, or a server's
// answer to one.
static inline size_t copenssl_write_early(SSL *ssl, const void *bytes, size_t length) {
    return copenssl_write_all(ssl, bytes, length, SSL_write_early_data);
}

#endif
