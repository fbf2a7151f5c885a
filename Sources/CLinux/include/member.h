/* Further processes of the same program; included by CLinux.h. */
#ifndef SWITCHYARD_CLINUX_MEMBER_H
#define SWITCHYARD_CLINUX_MEMBER_H

#include <stddef.h>
#include <sys/types.h>

/* fork(2), which Swift's Glibc module hides. Only while there is one thread. */
pid_t clinux_fork(void);
/* Two ends of a way for messages that stay whole (unix(7), SOCK_SEQPACKET), which don't block. */
int clinux_message_pair(int ends[2]);
/* Sends a message, waiting for room. 0, or -1 with errno. */
int clinux_send_message(int fd, const void *bytes, size_t count);
/* The length of the next message, of which at most `capacity` bytes are kept; 0 at the end, -1 with
 * EAGAIN where none is there. */
ssize_t clinux_receive_message(int fd, void *buffer, size_t capacity);
/* Passes a descriptor to who has the other end (SCM_RIGHTS). -1 with EAGAIN where there is no
 * room. */
int clinux_pass_descriptor(int fd, int passed);
/* The next descriptor that was passed, close-on-exec; -1 with EAGAIN where none is there, with
 * EPIPE at the end, with EMFILE where one is there and has no place. */
int clinux_take_descriptor(int fd);

#endif
