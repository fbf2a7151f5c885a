// The proof that a server speaks WebSocket (RFC 6455, section 4.2.2).
#pragma once

enum {
    KEY_TEXT_BYTES = 24,     // sixteen bytes in base64
    ACCEPT_TEXT_BYTES = 28,  // twenty
};

// Writes what Sec-WebSocket-Accept says to the Sec-WebSocket-Key at `key`, without a zero behind.
void accept_key(const char *key, char *accept);
