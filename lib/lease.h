/* SPDX-License-Identifier: ISC */
/*
 * One lease: what a host proved about one family, until when, and the rules by which a renewal changes it.
 * Pure: the record's codec and the decision; the table (table.h) stores them.
 *
 * Record v1, big endian, fixed part 80 bytes:
 *
 *	offset  size  field
 *	     0     1  version, 1
 *	     1     1  flags: 1 live, 2 trusted
 *	     2     1  layers that passed, a bit each (enum layer_bit)
 *	     3     1  number of networks, at most 4
 *	     4    16  address; IPv4 in the first four bytes, the rest zero
 *	    20     8  deadline     CLOCK_BOOTTIME ns; the lease is over at and after it
 *	    28     8  proved       end of the handshake of the last renewal
 *	    36     8  since        when it went to this address, or offline
 *	    44     8  paced        a further change of the address is not published before
 *	    52     8  generation   counts every change that must be published
 *	    60     8  epoch        of the account, when it authenticated
 *	    68     4  length       seconds granted
 *	    72     8  renewals     since `since`
 *	    80     -  account NUL, class NUL
 *	     -    18  each network: family, bits, 16 bytes
 *
 * Key: host NUL family ('4' or '6'). A lease of 203.0.113.7 to "h" by account "h" of epoch 7, class "", proved by a
 * password 1000 s after boot, for 120 s, granted a millisecond later as generation 1, renewed twice since:
 *
 *	key  68 00 34						"h", NUL, '4'
 *	  0  01 01 01 00					version 1; live; password; no networks
 *	  4  cb 00 71 07 00 00 00 00 00 00 00 00 00 00 00 00	203.0.113.7
 *	 20  00 00 01 04 c5 33 c0 00				deadline    1120 s
 *	 28  00 00 00 e8 d4 a5 10 00				proved      1000 s
 *	 36  00 00 00 e8 d4 b4 52 40				since       1000.001 s
 *	 44  00 00 00 eb 28 c0 36 40				paced       1010.001 s
 *	 52  00 00 00 00 00 00 00 01				generation  1
 *	 60  00 00 00 00 00 00 00 07				epoch       7
 *	 68  00 00 00 78					length      120 s
 *	 72  00 00 00 00 00 00 00 02				renewals    2
 *	 80  68 00 00						"h", NUL; "", NUL
 */
#ifndef DYNLEASE_LEASE_H
#define DYNLEASE_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "clock.h"
#include "layer.h"
#include "name.h"
#include "status.h"

#define LEASE_NETWORKS	4
#define LEASE_KEY	(NAME_SIZE + 1)
#define LEASE_RECORD	(80 + 2 * NAME_SIZE + LEASE_NETWORKS * 18)
#define LEASE_PACE	(10 * CLOCK_SECOND)	/* changes of one host are published at most this often */

enum lease_flag { LEASE_LIVE = 1, LEASE_TRUSTED = 2 };

struct lease {
	char		host[NAME_SIZE];
	struct address	address;	/* its family is the lease's */
	uint8_t		flags;
	uint8_t		layers;
	uint32_t	length;		/* seconds */
	uint64_t	deadline;	/* this and the next four: CLOCK_BOOTTIME nanoseconds */
	uint64_t	proved;
	uint64_t	since;
	uint64_t	paced;
	uint64_t	generation;
	uint64_t	epoch;
	uint64_t	renewals;
	char		account[NAME_SIZE];
	char		class[NAME_SIZE];
	size_t		nnetworks;
	struct network	networks[LEASE_NETWORKS];
};

/* A lease whose deadline has passed is over, whether or not anyone has moved it. */
bool		lease_is_live(const struct lease *, uint64_t now);

/* Whole seconds left, rounded up; 0 when over. */
unsigned	lease_left(const struct lease *, uint64_t now);

/*
 * May `want` replace `old` (NULL: none), and as what? want carries host, address, flags, layers, length, proved,
 * epoch, account, class, networks; the rest of *next is worked out here, but its generation.
 * may_grant: a reaper is alive. *changed: something must be published, not before next->... *publish_at.
 * ST_NOREAPER: it would publish an address that nothing could withdraw. ST_SUPERSEDED: old was proved later at
 * another address. ST_STALE: want's deadline (proved + length) has passed already.
 */
struct lease_verdict {
	struct lease	next;
	bool		changed;
	uint64_t	publish_at;	/* when changed: not before this, CLOCK_BOOTTIME nanoseconds */
};
enum status	lease_decide(const struct lease *old, const struct lease *want, bool may_grant, uint64_t now,
		    struct lease_verdict *);

/* End it now: released, revoked or expired. */
void		lease_end(struct lease *, uint64_t now);

/* Key and record. Returns the length; buffers of LEASE_KEY and LEASE_RECORD bytes are enough. */
size_t		lease_key(const char *host, uint8_t family, uint8_t key[LEASE_KEY]);
size_t		lease_encode(const struct lease *, uint8_t record[LEASE_RECORD]);

/* ST_DAMAGED: not a key or record of version 1. The result holds only names and addresses that parse. */
enum status	lease_decode_key(const void *key, size_t len, char host[NAME_SIZE], uint8_t *family);
enum status	lease_decode(const void *key, size_t keylen, const void *record, size_t len, struct lease *);

#endif
