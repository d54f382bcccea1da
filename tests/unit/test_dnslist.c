/* SPDX-License-Identifier: ISC */
/* links: reaper/dnslist.c reaper/dnsconf.c reaper/dnskey.c reaper/dnsmessage.c */
/*
 * What a zone shows against what its names must show: which are to be changed, in which order, and which never are. And
 * the messages that change them.
 */
#include <string.h>

#include "reaper/dnslist.h"
#include "reaper/dnsmessage.h"
#include "tests/unit/tap.h"

#define RECORDS	9

static char to_a[] = "a.dyn.test";
static const struct zone zone = { .name = "dyn.test", .ttl = 30 };

/*
 * "a" is live by IPv4, "b" by both, "c" shows nothing though it is ours, "d" was deleted, "e" shows the fallback, "f"
 * leads to "a".
 */
static struct desired names[] = {
	{ .name = "a.dyn.test", .live = true, .owned = true },
	{ .name = "b.dyn.test", .live = true, .owned = true },
	{ .name = "c.dyn.test", .owned = true },
	{ .name = "d.dyn.test" },
	{ .name = "e.dyn.test", .owned = true },
	{ .name = "f.dyn.test", .live = true, .owned = true, .cname = to_a },
};

#define OF_A	"a.dyn.test. 30 IN A 192.0.2.1"
#define OF_B4	"b.dyn.test. 30 IN A 192.0.2.2"
#define OF_B6	"b.dyn.test. 30 IN AAAA 2001:db8::2"
#define OF_E	"e.dyn.test. 30 IN A 192.0.2.250"
#define OF_F	"f.dyn.test. 30 IN CNAME a.dyn.test."
#define ALL	OF_A, OF_B4, OF_B6, OF_E, OF_F

static const struct row {
	const char	*what;
	const char	*records[RECORDS];
	const char	*changes;	/* their first labels, in order */
} rows[] = {
	{ "all as it must be", { ALL }, "" },
	{ "an empty zone", { NULL }, "e a b f" },
	{ "capitals", { "A.Dyn.TEST. 30 IN A 192.0.2.1", OF_B4, OF_B6, OF_E, OF_F }, "" },
	{ "another address", { "a.dyn.test. 30 IN A 192.0.2.9", OF_B4, OF_B6, OF_E, OF_F }, "a" },
	{ "another TTL", { "a.dyn.test. 31 IN A 192.0.2.1", OF_B4, OF_B6, OF_E, OF_F }, "a" },
	{ "one more address", { ALL, "a.dyn.test. 30 IN A 192.0.2.9" }, "a" },
	{ "the same with another TTL", { ALL, "a.dyn.test. 60 IN A 192.0.2.1" }, "a" },
	{ "a family too many", { ALL, "a.dyn.test. 30 IN AAAA 2001:db8::1" }, "a" },
	{ "a family missing", { OF_A, OF_B4, OF_E, OF_F }, "b" },
	{ "what must show nothing", { ALL, "c.dyn.test. 30 IN A 192.0.2.3" }, "c" },
	{ "what was deleted, before what is live", { OF_A, OF_E, OF_F, "d.dyn.test. 30 IN AAAA 2001:db8::4" }, "d b" },
	{ "records of other types", { ALL, "a.dyn.test. 30 IN TXT x", "d.dyn.test. 30 IN HINFO a b" }, "" },
	{ "a CNAME in place of addresses", { OF_A, "b.dyn.test. 30 IN CNAME www.dyn.test.", OF_E, OF_F }, "b" },
	{ "one in place of nothing", { ALL, "c.dyn.test. 30 IN CNAME a.dyn.test." }, "c" },
	{ "one of what was deleted", { ALL, "d.dyn.test. 30 IN CNAME www.dyn.test." }, "d" },
	{ "one of nobody's", { ALL, "x.dyn.test. 30 IN CNAME a.dyn.test." }, "" },
	{ "one in capitals", { OF_A, OF_B4, OF_B6, OF_E, "F.dyn.test. 30 IN CNAME A.DYN.test." }, "" },
	{ "one that is asked for twice", { ALL, OF_F }, "" },
	{ "one with another TTL", { OF_A, OF_B4, OF_B6, OF_E, "f.dyn.test. 31 IN CNAME a.dyn.test." }, "f" },
	{ "one to another name", { OF_A, OF_B4, OF_B6, OF_E, "f.dyn.test. 30 IN CNAME b.dyn.test." }, "f" },
	{ "one to another name, too", { ALL, "f.dyn.test. 30 IN CNAME b.dyn.test." }, "f" },
	{ "one that is missing", { OF_A, OF_B4, OF_B6, OF_E }, "f" },
	{ "an address in place of one", { OF_A, OF_B4, OF_B6, OF_E, "f.dyn.test. 30 IN A 192.0.2.1" }, "f" },
	{ "both, as no server should have it", { ALL, "f.dyn.test. 30 IN AAAA 2001:db8::1" }, "f" },
	{ "nobody's names", { ALL, "x.dyn.test. 30 IN A 192.0.2.8", "*.y.dyn.test. 9 IN AAAA 2001:db8::8" }, "*.y x" },
	{ "one of both families", { ALL, "x.dyn.test. 30 IN A 192.0.2.8", "z.dyn.test. 9 IN A 192.0.2.8",
	    "x.dyn.test. 9 IN AAAA 2001:db8::8" }, "x z" },
	{ "nobody's, before what is live", { OF_B4, OF_B6, OF_F, "x.dyn.test. 30 IN A 192.0.2.8" }, "e x a" },
	{ "the zone itself", { ALL, "dyn.test. 30 IN A 192.0.2.8" }, "" },
	{ "one to keep", { ALL, "WWW.dyn.test. 30 IN A 192.0.2.8", "*.pool.dyn.test. 30 IN A 192.0.2.8" }, "" },
	{ "below one to keep", { ALL, "x.www.dyn.test. 30 IN A 192.0.2.8" }, "x.www" },
	{ "name servers, mail servers, services", { "dyn.test. 30 IN NS Ns.dyn.test.", "ns.dyn.test. 30 IN A 192.0.2.8",
	    "dyn.test. 30 IN MX 1 mx.dyn.test.", "mx.dyn.test. 30 IN AAAA 2001:db8::8",
	    "_x._tcp.dyn.test. 30 IN SRV 0 0 5 sv.dyn.test.", "sv.dyn.test. 30 IN A 192.0.2.8", OF_E, OF_A }, "b f" },
	{ "a server that nothing names", { ALL, "ns2.dyn.test. 30 IN A 192.0.2.8", "dyn.test. 30 IN MX 1 ." }, "ns2" },
};

static void
feed(struct dns_list *list, const char *const *records)
{
	ldns_rr *rr;

	for (size_t i = 0; i < RECORDS && records[i] != NULL; i++) {
		if (ldns_rr_new_frm_str(&rr, records[i], 3600, NULL, NULL) != LDNS_STATUS_OK)
			ok(false, "a record that ldns reads: %s", records[i]);
		else if (dnslist_take(list, rr) != ST_OK)
			ok(false, "a record is taken: %s", records[i]);
		else
			ldns_rr_free(rr);
	}
}

static void
describe(const struct dns_changes *changes, char *text, size_t size)
{
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < changes->n && len < size; i++) {
		const size_t n = strlen(changes->names[i]->name) - strlen(".dyn.test");

		len += (size_t)snprintf(text + len, size - len, "%s%.*s", i == 0 ? "" : " ", (int)n, changes->names[i]->name);
	}
}

static void
test_row(const struct row *row, bool whole)
{
	char keep[] = "www.dyn.test *.pool.dyn.test", text[200];
	const struct dnsconf conf = { .whole_zone = whole, .keep = whole ? keep : NULL };
	const struct publication pub = { .zone = &zone, .names = names, .n = sizeof(names) / sizeof(names[0]) };
	struct dns_changes changes;
	struct dns_list list;

	ok(dnslist_begin(&list, &pub, &conf) == ST_OK, "%s: begun", row->what);
	feed(&list, row->records);
	ok(dnslist_changes(&list, &changes) == ST_OK, "%s: held against the names", row->what);
	describe(&changes, text, sizeof(text));
	if (whole)
		ok(strcmp(text, row->changes) == 0, "%s: \"%s\"", row->what, text);
	else
		ok(strpbrk(text, "xyz*") == NULL && strstr(text, "ns2") == NULL, "%s, not the whole zone: \"%s\"", row->what,
		    text);
	free(changes.names);
	dnslist_end(&list);
}

static void
test_message(void)
{
	static const char wanted[] =
	    "b.dyn.test.\t0\tANY\tCNAME\t\\# 0\n"
	    "b.dyn.test.\t0\tANY\tA\t\\# 0\n" "b.dyn.test.\t30\tIN\tA\t192.0.2.2\n"
	    "b.dyn.test.\t0\tANY\tAAAA\t\\# 0\n" "b.dyn.test.\t30\tIN\tAAAA\t2001:db8::2\n"
	    "d.dyn.test.\t0\tANY\tCNAME\t\\# 0\n"
	    "d.dyn.test.\t0\tANY\tA\t\\# 0\n" "d.dyn.test.\t0\tANY\tAAAA\t\\# 0\n"
	    "f.dyn.test.\t0\tANY\tA\t\\# 0\n" "f.dyn.test.\t0\tANY\tAAAA\t\\# 0\n"
	    "f.dyn.test.\t0\tANY\tCNAME\t\\# 0\n" "f.dyn.test.\t30\tIN\tCNAME\ta.dyn.test.\n";
	const struct desired *some[] = { &names[1], &names[3], &names[5] };
	ldns_pkt *pkt = dnsmessage_update(&zone, some, 3);
	char *text = pkt == NULL ? NULL : ldns_rr_list2str(ldns_pkt_authority(pkt));

	ok(text != NULL && strcmp(text, wanted) == 0, "an update deletes a CNAME and both families and adds what is desired");
	if (text != NULL && strcmp(text, wanted) != 0)
		printf("# %s", text);
	ok(pkt != NULL && ldns_pkt_get_opcode(pkt) == LDNS_PACKET_UPDATE && ldns_pkt_ancount(pkt) == 0 && !ldns_pkt_rd(pkt),
	    "without prerequisites or flags");
	free(text);
	ldns_pkt_free(pkt);
}

static void
test_fit(void)
{
	static struct desired many[500];
	static char texts[500][NAME_SIZE];
	static const struct desired *list[500];
	struct desired big = { .owned = true };
	uint8_t *wire;
	size_t len = 0, n;
	ldns_pkt *pkt;

	address_parse("192.0.2.1", &big.a);
	address_parse("2001:db8::1", &big.aaaa);
	for (size_t i = 0; i < 500; i++) {
		many[i] = big;
		/* 253 bytes, and no two of them share a label but those of the zone. */
		snprintf(texts[i], NAME_SIZE, "%060zu.%060zu.%060zu.%060zu.dyn.test", i, i + 1000, i + 2000, i + 3000);
		many[i].name = texts[i];
		list[i] = &many[i];
	}
	n = dnsmessage_fit(&zone, list, 500);
	pkt = dnsmessage_update(&zone, list, n);
	ok(n > 1 && n < 500, "of the longest names %zu go into a message", n);
	ok(pkt != NULL && ldns_pkt2wire(&wire, pkt, &len) == LDNS_STATUS_OK && len < 65000, "which has %zu bytes", len);
	if (len > 0)
		free(wire);
	ldns_pkt_free(pkt);
	ok(dnsmessage_fit(&zone, list, 1) == 1 && dnsmessage_fit(&zone, list, 0) == 1, "one always does");
}

int
main(void)
{
	address_parse("192.0.2.1", &names[0].a);
	address_parse("192.0.2.2", &names[1].a);
	address_parse("2001:db8::2", &names[1].aaaa);
	address_parse("192.0.2.250", &names[4].a);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(&rows[i], true);
		test_row(&rows[i], false);
	}
	test_message();
	test_fit();
	return done_testing();
}
