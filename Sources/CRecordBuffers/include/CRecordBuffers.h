#ifndef CRECORDBUFFERS_H
#define CRECORDBUFFERS_H

#include <stddef.h>

/* Where OpenSSL's record buffers lie: slots of one reserved range of addresses.
 *
 * A connection has two or three buffers of 16 to 22 KiB within its handshake, and one for each
 * record afterwards, which the library gives back when they are empty (SSL_MODE_RELEASE_BUFFERS).
 * In a heap the small things that stay with connections come to lie between them: after two
 * thousand handshakes at once, 47 KiB of memory a connection where 14 are in use, never given back.
 * A slot that is not used again soon gives its memory back alone. The library is told of these
 * functions before the program's first line (CRYPTO_set_mem_functions(3)), and there also that it
 * is not to be taken down when the program ends. */

/* The sizes, in bytes, of what lies in a slot: above the first, up to the second. */
enum { CRECORDBUFFERS_ABOVE = 8192, CRECORDBUFFERS_SLOT = 24576 };

/* Free slots that keep their memory: of a thread, and of all threads together. */
enum { CRECORDBUFFERS_OF_THREAD = 8, CRECORDBUFFERS_SHARED = 256 };

/* Memory for `size` bytes; from the C library where it is of no slot's size, or there is none. */
void *crecordbuffers_allocate(size_t size);
/* The same with what `old` had, as realloc(3). */
void *crecordbuffers_resize(void *old, size_t size);
void crecordbuffers_release(void *memory);

/* Whether it lies in a slot. */
int crecordbuffers_owns(const void *memory);

/* Whether the library uses these functions. */
int crecordbuffers_serve(void);

/* Slots that were ever used, and of them those that are free for every thread: with their memory,
 * and without it. */
struct crecordbuffers_counts {
    size_t used, shared, empty;
};
struct crecordbuffers_counts crecordbuffers_count(void);

#endif
