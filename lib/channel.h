/* SPDX-License-Identifier: ISC */
/*
 * A TLS connection, either side: the only user of OpenSSL's ssl.h. TLS 1.2 and 1.3 with forward secrecy and
 * AEAD, no tickets, no session cache, no renegotiation, no early data, no compression. A context is made once
 * (it reads all files); a channel is one connection on descriptors that the caller made.
 */
#ifndef DYNLEASE_CHANNEL_H
#define DYNLEASE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain.h"
#include "fingerprint.h"
#include "status.h"

#define CHANNEL_ALPN	"dynlease/1"
#define CHANNEL_WHY	256	/* bytes of an explanation, with the NUL */

struct channel_context;
struct channel;

/*
 * The server's side: certificate chain and private key, both PEM. ST_CONFIG: unreadable, or key and
 * certificate do not fit; logged with the file's name. Freed by the process's end.
 */
enum status	channel_serve(const char *certificate, const char *key, struct channel_context **);

/*
 * The client's side. ca: a PEM file of trusted roots, or NULL for the system's. The server's chain is verified,
 * and its name against the one given to channel_open(). ST_CONFIG: logged.
 */
enum status	channel_trust(const char *ca, struct channel_context **);
void		channel_context_free(struct channel_context *);

/*
 * The client's side without any verification: neither chain, name nor dates. The caller must compare channel_key()
 * with a key that it trusts before it sends or believes anything.
 */
enum status	channel_trust_key(struct channel_context **);

/*
 * The client's own certificate chain and key, both PEM, to be shown to a server that asks. Of either kind of client's
 * context. ST_CONFIG: logged as above.
 */
enum status	channel_identify(struct channel_context *, const char *certificate, const char *key);

/*
 * Show it only to a server for whose key, which it has proved to hold, may(arg, key) is true; another sees none, and
 * the handshake goes on. arg must stay.
 */
void		channel_identify_to(struct channel_context *, bool (*may)(const void *arg, const char *key),
		    const void *arg);

/*
 * Shake hands on in and out (the same socket, or two ends of pipes), which stay the caller's.
 * server: NULL accepts; else the DNS name (or address) the peer must prove, also sent as SNI.
 * until: CLOCK_BOOTTIME nanoseconds after which every call on the channel gives ST_TIMEOUT; 0: no limit here
 * (a helper has its own alarm). ST_PROTOCOL, ST_CLOSED, ST_TIMEOUT; ST_UNTRUSTED: the certificate will not do.
 * On failure *channel is set all the same, for channel_why() and channel_close() (NULL only with ST_NOMEM).
 */
enum status	channel_open(struct channel_context *, int in, int out, const char *server, uint64_t until,
		    struct channel **);

/* At least 1 and at most size bytes. ST_CLOSED: the peer has said goodbye or is gone. */
enum status	channel_read(struct channel *, void *buf, size_t size, size_t *got);
enum status	channel_write(struct channel *, const void *bytes, size_t len);

/* What went wrong, in one line for a person: "certificate has expired", "hostname mismatch"; "" when nothing. */
const char	*channel_why(const struct channel *);

/*
 * The fingerprint of the peer's public key, which it has proved to hold. ST_NOTFOUND: it has shown none, or one
 * that is too weak to prove anything (no chain is refused in the handshake of those who judge for themselves).
 */
enum status	channel_key(const struct channel *, char key[FINGERPRINT_SIZE]);

/*
 * The certificates that a client has shown, which the caller frees; none when it has shown none. Of more than
 * CHAIN_MOST the rest is left out. ST_NOMEM.
 */
enum status	channel_certificates(const struct channel *, struct certificates *);

/* "TLSv1.3" and the like, for a log line. */
const char	*channel_version(const struct channel *);

/* When the last handshake finished: CLOCK_BOOTTIME nanoseconds. */
uint64_t	channel_proved_at(const struct channel *);

/*
 * Say goodbye (close_notify, unless the connection is broken already) and free. linger: also end our direction
 * of the socket and read on, at most 64 KiB and until the peer closes or 2 s are over, so that no answer is lost
 * to a reset (a close with unread input sends one). Descriptors stay open. NULL is fine.
 */
void		channel_close(struct channel *, bool linger);

#endif
